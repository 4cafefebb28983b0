"""The study of docs/study: what deep, recurrent and transformer networks cost and reach, beside n-grams and a standard transformer."""
