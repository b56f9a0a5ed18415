import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

pytest.importorskip("jinja2")

from train.data.splits import Splits
from train.report.int8 import Int8Cost
from train.report.learning_curve import CurvePoint, Gain, LearningCurve
from train.report.page import MOST_ROWS, Thumbnails, data_uri, draw_curve, html_page
from train.report.record import (
    SCHEMA_VERSION,
    ClassAdvice,
    ConfusedPair,
    DoubtfulLabel,
    Image,
    Mistake,
    NearCopies,
    Report,
)

PLURAL_OF_ONE = re.compile(r"\b1 (?:[a-z-]+ )?[a-z]*s\b")
HOSTILE = '<script>alert(1)</script>"&'
CURVE = LearningCurve(
    (CurvePoint(5, 0.6, (0.5, 0.7)), CurvePoint(10, 0.7, (0.6, 0.8)), CurvePoint(20, 0.9, (0.8, 0.95))), 50,
    Gain(0.2, (0.1, 0.3)), (Gain(0.2, (0.1, 0.3)), None),
)  # fmt: skip


@pytest.fixture
def report() -> Report:
    """A report with every part, of classes and files with hostile names."""
    image = Image(f"{HOSTILE}/0.png", "test", 0)
    return Report(
        SCHEMA_VERSION, run=HOSTILE, data=HOSTILE, sees="24x24", started="2026-11-30T02:00:00+00:00", device="CPU",
        accuracy=0.5, interval=(0.2, 0.8), training=5, validation=2, test=3, skipped=1, headline=(HOSTILE, HOSTILE),
        classes=(ClassAdvice(HOSTILE, 3, 4, 1, 3, (0.1, 0.9), Gain(0.2, (0.1, 0.3)), (HOSTILE,)),
                 ClassAdvice("b", 2, 4, 0, 0, None, None, ())),
        looked_at=8, comes_split=False, curve=CURVE, curve_sentence=HOSTILE,
        doubtful=(DoubtfulLabel(image, HOSTILE, "b", 9, 10, 0.9, 3, Image("b/1.png", "train", 3)),), doubtful_count=1,
        confusion=((1, 2), (0, 0)), pairs=(ConfusedPair(HOSTILE, "b", 2, 3, (image, Image("a/1.png", "test", 1))),),
        mistakes=(Mistake(image, HOSTILE, "b", 0.9),), wrong=2, held_out=3,
        near_copies=NearCopies(10, 8, 2, ((image, image),)),
        int8=Int8Cost(3, 0.5, 0.4, 1, 4_000_000, 12.3, HOSTILE, False), int8_reason="", rejection=HOSTILE,
    )  # fmt: skip


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.found


def test_names_of_other_people_are_escaped_and_nothing_comes_from_outside(report: Report, splits: Splits) -> None:
    page = html_page(report, splits)

    tags = tags_of(page)
    assert "script" not in {tag for tag, _ in tags}
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    sources = [attributes["src"] for _, attributes in tags if "src" in attributes]
    assert len(sources) == 5  # the doubtful image and its nearest, two of a pair, one mistake
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not re.search(r"url\(|https?://|@import", page)
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    anchors = {attributes.get("id") for _, attributes in tags}
    assert {link.removeprefix("#") for link in links} <= anchors


def test_a_page_without_curve_mistakes_doubts_and_int8_is_whole(report: Report, splits: Splits) -> None:
    bare = replace(report, curve=None, doubtful=(), doubtful_count=0, pairs=(), mistakes=(), wrong=0, int8=None,
                   int8_reason=HOSTILE, rejection="", near_copies=NearCopies(10, 10, 0, ()))  # fmt: skip

    tags = tags_of(html_page(bare, splits))

    assert {"svg", "img", "script"} & {tag for tag, _ in tags} == set()
    assert tags[-1][0] != "html"


@pytest.mark.parametrize(("share", "is_busy"), [(0.97, False), (0.5, True)])
def test_a_latency_of_a_busy_machine_is_said_to_be(report: Report, splits: Splits, share: float, is_busy: bool) -> None:
    assert report.int8 is not None
    page = html_page(replace(report, int8=replace(report.int8, processor_share=share)), splits)
    assert (page.count("busy"), page.count("had 50 %")) == ((2, 1) if is_busy else (0, 0))


def test_of_very_many_classes_those_that_need_images_most_are_shown(report: Report, splits: Splits) -> None:
    easy = [ClassAdvice(f"easy {number}", 30, 30, 10, 10, (0.7, 1.0), None, ()) for number in range(1990)]
    hard = [ClassAdvice(f"hard {number}", 30, 30, 9, 10, (0.6, 1.0), None, ("few",)) for number in range(9)]
    worst = ClassAdvice("worst", 30, 30, 1, 10, (0.0, 0.4), None, ())
    page = html_page(replace(report, classes=(*easy, *hard, worst), confusion=()), splits)
    shown = re.findall(r'<tr><th scope="row">([a-z]+)', page)
    assert len(shown) == MOST_ROWS == 60
    assert shown[:11] == ["hard"] * 9 + ["worst", "easy"]
    assert len(page) < 200_000


def test_one_of_anything_has_no_plural(report: Report, splits: Splits) -> None:
    assert report.int8 is not None
    assert report.curve is not None
    pair = report.pairs[0]
    ones = replace(
        report, headline=("",), skipped=1, curve=replace(report.curve, judged=1), wrong=1, held_out=1,
        doubtful=(replace(report.doubtful[0], votes=1, neighbours=1, copies=2),), pairs=(replace(pair, count=1, of=1),),
        int8=replace(report.int8, images=1, changed=1),
    )  # fmt: skip
    spoken = [
        " ".join(re.sub(r"<[^>]*>", " ", html_page(each, splits).partition("<body>")[2]).split())
        for each in (ones, replace(ones, mistakes=(), wrong=0))
    ]

    assert [PLURAL_OF_ONE.findall(text) for text in spoken] == [["1 neighbour is", "1 answer differs"]] * 2
    assert "1 of 2 classes needs" in spoken[0]
    assert "1 near copy" in spoken[0]


def test_thumbnails_stop_at_the_limit(splits: Splits) -> None:
    image = Image("a/0.png", "test", 0)
    one = len(Thumbnails(splits).uri(image))

    few = Thumbnails(splits, most_bytes=2 * one)

    assert [bool(few.uri(image)) for _ in range(3)] == [True, True, False]


def test_a_thumbnail_is_a_jpeg_of_at_most_128_pixels() -> None:
    pixels = np.full((100, 400, 3), (10, 200, 90), np.uint8)

    content = base64.b64decode(data_uri(pixels).partition(",")[2])
    small = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)

    assert small.shape == (32, 128, 3)
    assert np.abs(small.astype(int) - (10, 200, 90)).max() <= 4


def test_each_doubling_is_one_step_to_the_right_and_better_is_higher() -> None:
    drawing = draw_curve(CURVE)

    xs = [dot.x for dot in drawing.dots]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)
    assert drawing.dots[0].y > drawing.dots[1].y > drawing.dots[2].y
    for dot in drawing.dots:
        assert dot.high <= dot.y <= dot.low
    rules = {text: y for y, text in drawing.rules}
    assert rules["90%"] == drawing.dots[2].y
    # Half-way between 60 and 80 %.
    assert drawing.dots[1].y == pytest.approx((rules["60%"] + rules["80%"]) / 2, abs=0.1)
