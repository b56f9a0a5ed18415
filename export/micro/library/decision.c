/* Softmax, temperature, score and thresholds; see edge/classify/confidence_score.py and decision.py. */
#include "NAME_decision.h"

#include <math.h>

#define SMALLEST 1e-7f /* probability that a class of 0 counts as before the logarithm */

float NAME_probabilities[MACRO_CLASSES];

/* Real number behind a byte of the output. */
static float real(const void *output, int index) {
  const int stored = MACRO_OUTPUT_IS_SIGNED ? ((const int8_t *)output)[index] : ((const uint8_t *)output)[index];
  return (float)(stored - MACRO_OUTPUT_ZERO_POINT) * MACRO_OUTPUT_SCALE;
}

static float tempered(float value) {
  if (!MACRO_OUTPUT_IS_LOGITS) value = logf(value > SMALLEST ? value : SMALLEST);
  return value / MACRO_TEMPERATURE;
}

/* Fill NAME_probabilities; return the index of the largest. */
static int apply_softmax(const void *output) {
  float largest = 0.0f, sum = 0.0f;
  int index, best = 0;
  const int is_done = !MACRO_OUTPUT_IS_LOGITS && MACRO_TEMPERATURE == 1.0f;
  for (index = 0; index < MACRO_CLASSES; ++index) {
    const float value = is_done ? real(output, index) : tempered(real(output, index));
    NAME_probabilities[index] = value;
    if (index == 0 || value > largest) {
      largest = value;
      best = index;
    }
  }
  if (is_done) return best;
  for (index = 0; index < MACRO_CLASSES; ++index) {
    NAME_probabilities[index] = expf(NAME_probabilities[index] - largest);
    sum += NAME_probabilities[index];
  }
  for (index = 0; index < MACRO_CLASSES; ++index) NAME_probabilities[index] /= sum;
  return best;
}

/* Logarithm of the sum of the logits' exponentials, without the temperature. */
static float energy(const void *output) {
  float largest = real(output, 0), sum = 0.0f;
  int index;
  for (index = 1; index < MACRO_CLASSES; ++index) {
    if (real(output, index) > largest) largest = real(output, index);
  }
  for (index = 0; index < MACRO_CLASSES; ++index) sum += expf(real(output, index) - largest);
  return largest + logf(sum);
}

static float second_probability(int best) {
  float second = 0.0f;
  int index;
  for (index = 0; index < MACRO_CLASSES; ++index) {
    if (index != best && NAME_probabilities[index] > second) second = NAME_probabilities[index];
  }
  return second;
}

void NAME_decide(const void *output, double presence, NAME_result *result) {
  const int best = apply_softmax(output);
  const float probability = NAME_probabilities[best];
  result->best = best;
  result->probability = result->score = probability;
  result->presence = (float)presence;
  if (MACRO_SCORE == MACRO_MARGIN) result->score = probability - second_probability(best);
  if (MACRO_SCORE == MACRO_ENERGY) result->score = energy(output);
  if (MACRO_SCORE == MACRO_JOINT) result->score = probability * (1.0f + tanhf(energy(output) / 2.0f)) / 2.0f;
  result->index = (double)result->score >= MACRO_THRESHOLD ? best : MACRO_UNKNOWN;
  result->label = result->index == MACRO_UNKNOWN ? "unknown" : NAME_labels[best];
}

void NAME_decide_nothing(double presence, NAME_result *result) {
  int index;
  for (index = 0; index < MACRO_CLASSES; ++index) NAME_probabilities[index] = 0.0f;
  result->index = MACRO_NOTHING;
  result->label = "nothing";
  result->best = -1;
  result->probability = result->score = 0.0f;
  result->presence = (float)presence;
}
