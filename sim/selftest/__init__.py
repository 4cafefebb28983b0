"""A core at the other end of a link, compared with golden op by op."""
