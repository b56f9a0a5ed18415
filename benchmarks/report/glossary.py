"""Definition of each number of a report."""

from __future__ import annotations

from benchmarks.measure.inputs import FRAME_HEIGHT, FRAME_WIDTH

DEFINITIONS = {
    "invoke": "one call of the library: input tensor in, output tensor out, both copies included; batch of one, "
    "on real test images prepared beforehand, garbage collection off",
    "median": "of several repeats, each in a process of its own and all variants taking turns in shuffled order: the "
    "median of the repeats' medians; the other figures are of all calls together",
    "model": "pixels to probabilities: quantizing, invoke, dequantizing, softmax",
    "stages": "medians of the parts of end to end, which needn't add up to its median; the network's part is "
    "quantizing, invoke and dequantizing right after the picture was searched, so it is slower than invoke over and "
    "over",
    "p90, p95, p99": "nearest rank among all calls of all repeats; left out where there are too few calls",
    "frame to decision": f"Classifier.classify on a {FRAME_WIDTH}x{FRAME_HEIGHT} frame that is in memory already: "
    "finding the garment, scaling, invoke, dequantizing, decision; capture and display are not in it",
    "end to end": "a camera's picture to a decision that is out: a JPEG in memory is decoded, then as frame to "
    "decision, then the decision of a stream and a line of JSON are made and written; exposure and transfer are not "
    "in it",
    "× float": "speed-up of invoke against the float artifact on the same runtime: the ratio of medians of each "  # noqa: RUF001
    "repeat, their geometric mean; n.s.: its 95 % interval (Student's t on the logarithms) holds 1",
    "steady, noisy, drifting": "drifting: the calls have a trend (Kendall's tau, p < 1 %) of more than 5 % from the "
    "first fifth to the last; noisy: their middle half is wider than 25 % of the median, or the interval of the "
    "repeats' median is wider than 10 %; else steady. The status speaks of invoke and of frame to decision",
    "±": "half the width of the interval of the repeats' median, in per cent of it: by order statistics, 95 %; of less "
    "than six repeats all of them, 94 % for five",
    "loss": "percentage points of top-1 accuracy below the float artifact of the same training, in the same format if "
    "there is one; below zero: better than it",
    "agree": "share of test images that get the same class from both, right or wrong",
    "top-1, 95 %": "share of the test images that are right; its interval by Wilson's method",
    "loss, 95 %": "interval of the loss by Newcombe's method 10 for pairs, as both answered the same images; a loss is "
    "excluded where the whole interval lies below it",
    "lost, gained": "images that the float file had right and this one has wrong, and the other way round",
    "McNemar p": "how probable so lopsided a split of lost and gained is by chance, exact, two-sided; Holm: corrected "
    "for as many comparisons as the report makes. Below 0.05 a difference is called real",
    "verdict": "by Holm's p and the margin: no loss shown, small loss (real, below the margin), undecided (too few "
    "images to exclude the margin), real loss, real gain",
    "confidence drift": "mean of how much surer of its answers it is than float, in percentage points",
    "calibration error": "mean gap between how sure and how often right, over 15 bins of equal width; here with the "
    "temperature in the file, raw without",
    "× ours": "speed of another tool on the same file: our time over its time, of the same rounds; "  # noqa: RUF001
    "above 1: it is faster than we are",
    "load": "LoadedModel.load in a fresh process: the library's import, reading and checking the file, allocating; "
    "the file was in the system's cache",
    "peak memory": "the most memory the whole process had resident, Python, numpy, OpenCV and the measurement's own "
    "inputs included, up to the end of the timed calls; a kB is 1000 bytes, an MB a million",
}
