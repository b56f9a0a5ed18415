"""Definition of each number of a report."""

from __future__ import annotations

from benchmarks.measure.inputs import FRAME_HEIGHT, FRAME_WIDTH

DEFINITIONS = {
    "invoke": "one call of the library, input tensor in and output tensor out, both copies included; batch of one, on "
    "real test images prepared beforehand, or on noise where there are none of its size, garbage collection off",
    "median": "median of the repeats' medians; each repeat is a process of its own, and all variants take turns in "
    "shuffled order. The other figures are of all calls together",
    "model": "pixels to probabilities: quantizing, invoke, dequantizing, softmax",
    "stages": "medians of the parts of end to end, which needn't add up to its median. The network's part is "
    "quantizing, invoke and dequantizing right after the vision step, which is slower than repeated calls of invoke",
    "p90, p95, p99": "nearest rank among all calls of all repeats; left out where there are too few calls",
    "frame to decision": f"Classifier.classify on a {FRAME_WIDTH}x{FRAME_HEIGHT} frame in memory: finding the garment, "
    "scaling, invoke, dequantizing, decision. Capture and display are not included",
    "end to end": "a JPEG in memory is decoded and classified as in frame to decision, and the decision of a stream is "
    "made and written as a line of JSON. Exposure and transfer are not included",
    "× float": "speed-up of invoke against the float artifact on the same runtime: geometric mean of the repeats' "  # noqa: RUF001
    "ratios of medians. n.s.: its 95 % interval (Student's t on the logarithms) holds 1",
    "steady, noisy, drifting": "drifting if the calls have a trend (Kendall's tau, p < 1 %) of more than 5 % from the "
    "first fifth to the last, noisy if their middle half is wider than 25 % of the median or the interval of the "
    "repeats' median is wider than 10 %, otherwise steady. The status covers invoke and frame to decision",
    "±": "half the width of the 95 % interval of the repeats' median, in per cent of it, by order statistics; below "
    "six repeats half the range of all of them, 94 % for five",
    "loss": "percentage points of top-1 accuracy below the float artifact of the same training, in the same format if "
    "there is one; below zero, the variant is better",
    "agree": "share of test images with equal predictions, right or wrong",
    "top-1, 95 %": "Wilson's interval of the share of test images that are right",
    "loss, 95 %": "Newcombe's interval of the loss (method 10, for pairs on the same images); a loss is excluded where "
    "the whole interval lies below it",
    "lost, gained": "images that the float file has right and this one wrong, and the other way round",
    "McNemar p": "probability of a split of lost and gained at least as lopsided by chance, exact, two-sided. Holm: "
    "corrected for all comparisons of the report; below 0.05 a difference is called real",
    "verdict": "by Holm's p and the margin: no loss shown, small loss (real, below the margin), undecided (too few "
    "images to exclude the margin), real loss, real gain",
    "confidence drift": "mean change of the predictions' confidence against float, in percentage points",
    "calibration error": "mean gap between confidence and accuracy over 15 bins of equal width; here with the "
    "temperature in the file, raw without",
    "× ours": "speed of another tool on the same file, our time over its time in the same rounds; above 1, "  # noqa: RUF001
    "the other tool is faster",
    "load": "LoadedModel.load in a fresh process: the library's import, reading and checking the file, allocating. The "
    "file was in the system's cache",
    "peak memory": "largest resident memory of the whole process up to the end of the timed calls, with Python, numpy, "
    "OpenCV and the measurement's own inputs. A kB is 1000 bytes, an MB a million",
}

_SCORE = (
    "what the model's specification compares with its threshold, the probability of the likeliest label unless it says "
    "otherwise"
)
PHOTOGRAPHS = {
    "known, unknown": "photographs of folders that the model has a label for, and of those that it has none for",
    "top-1": "share of the known photographs whose likeliest label is right, whether it was then rejected or not: what "
    "the network alone makes of what it is shown; where the answer is nothing it wasn't shown anything, which is wrong",
    "answered": "share of all photographs whose answer is right, as a user gets it: the label after rejection; for an "
    "unknown photograph, unknown and nothing are right",
    "95 %": "Wilson's interval: where the share of ever more such photographs would lie, with 95 % confidence",
    "score": f"what known and unknown are told apart by: {_SCORE}",
    "AUROC": "how often a known photograph scores above an unknown one, in all pairs of the two, ties counting half: "
    "0.5 is chance, 1 is perfect",
    "kept, rejected": "answered with a label; answered with unknown or nothing",
    "vision, invoke, decide": "stages of Classifier.classify, called once for each photograph: finding the garment or "
    "fitting the frame, the network, and from its output to the answer; reading and decoding the file is not in them",
    "mistakes": "wrong answers, those with the highest score first; right answers are shown in the order of their "
    "file names, none chosen",
}
"""Definitions of the numbers on photographs."""
