from itertools import combinations

from benchmarks.report.charts.label_placement import Box, Dot, place_labels

BOUNDS = Box(0, 0, 400, 300)


def test_overlap_and_distance_of_boxes() -> None:
    assert Box(0, 0, 4, 4).overlap(Box(3, 2, 9, 9)) == 2  # 1 wide, 2 high
    assert Box(0, 0, 4, 4).overlap(Box(4, 0, 8, 4)) == 0
    assert Box(0, 0, 1, 1).distance(Box(4, 5, 6, 6)) == 5  # 3 across, 4 up
    assert Box(0, 0, 4, 4).distance(Box(3, 2, 9, 9)) == 0


def test_a_lone_label_stands_close_by() -> None:
    dot = Dot(200, 150, 5, 80, 20)
    (placement,) = place_labels([dot], BOUNDS)

    assert placement.box.overlap(dot.box) == 0
    assert placement.box.distance(dot.box) <= 6
    assert not placement.needs_leader


def test_at_the_right_edge_the_label_goes_elsewhere_but_stays_inside() -> None:
    (placement,) = place_labels([Dot(390, 150, 5, 80, 20)], BOUNDS)

    assert BOUNDS.contains(placement.box)


def test_labels_of_six_dots_on_one_spot_overlap_nothing() -> None:
    dots = [Dot(200 + number, 150, 6, 90, 22) for number in range(6)]
    obstacle = Box(200, 148, 300, 152)

    boxes = [placement.box for placement in place_labels(dots, BOUNDS, obstacles=[obstacle])]

    assert all(first.overlap(second) == 0 for first, second in combinations(boxes, 2))
    assert all(box.overlap(dot.box) == 0 for box in boxes for dot in dots)
    assert all(box.overlap(obstacle) == 0 for box in boxes)


def test_a_label_wider_than_the_chart_is_placed_all_the_same() -> None:
    assert len(place_labels([Dot(200, 150, 5, 900, 20)], BOUNDS)) == 1
