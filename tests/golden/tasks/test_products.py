"""The learning curve: drawn beside the network, and no reason to lose a training where it can't be."""

from pathlib import Path

from golden.tasks.products import plot_curve

POINTS = [(float(step), 4.0 - step / 100) for step in range(100)]


def test_a_curve_is_drawn_beside_its_network(tmp_path: Path) -> None:
    network = tmp_path / "net.safetensors"
    said = plot_curve(network, train=POINTS, checks=POINTS[::20], final=(100.0, 2.9), title="costs $5 and $6", unit="bits per character")
    assert said == f"learning curve: {tmp_path / 'net.png'}"
    first = (tmp_path / "net.png").read_bytes()
    assert first.startswith(b"\x89PNG")
    plot_curve(network, train=POINTS, checks=POINTS[::20], final=(100.0, 2.9), title="costs $5 and $6", unit="bits per character")
    assert (tmp_path / "net.png").read_bytes() == first
    plot_curve(network, train=POINTS, checks=POINTS[::20], final=(100.0, 3.9), title="costs $5 and $6", unit="bits per character")
    assert (tmp_path / "net.png").read_bytes() != first


def test_a_curve_without_points_is_drawn_too(tmp_path: Path) -> None:
    assert plot_curve(tmp_path / "net", train=[], checks=[], title="nothing", unit="bits") == f"learning curve: {tmp_path / 'net.png'}"


def test_what_can_not_be_drawn_is_said(tmp_path: Path) -> None:
    said = plot_curve(tmp_path / "nowhere" / "net", train=POINTS, checks=[], title="x", unit="bits")
    assert said.startswith("no learning curve: ")
    assert list(tmp_path.iterdir()) == []
