/* Output of the network -> label, probability and score, or `unknown` and `nothing`, as edge-classify decides on one
 * image. Smoothing over the frames of a stream isn't part of it. */
#ifndef MACRO_DECISION_H
#define MACRO_DECISION_H

#include <stdint.h>

#include "NAME_settings.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MACRO_UNKNOWN = -1, MACRO_NOTHING = -2 };

typedef struct {
  int index;         /* of the label; MACRO_UNKNOWN below the threshold, MACRO_NOTHING where nothing stands out */
  const char *label; /* UTF-8; "unknown" or "nothing" likewise */
  int best;          /* index of the likeliest class, also where the label is unknown; -1 for nothing */
  float probability; /* of the likeliest class, 0-1; 0 for nothing */
  float score;       /* that the threshold is compared with: MACRO_SCORE; 0 for nothing */
  float presence;    /* variation of the frame, 0-1; 1 for pixels that were prepared elsewhere */
} NAME_result;

extern const char *const NAME_labels[MACRO_CLASSES];

/* Probability of each class of the last decision, 0-1, with the temperature applied. */
extern float NAME_probabilities[MACRO_CLASSES];

/* Decide from the bytes of the output tensor. */
void NAME_decide(const void *output, double presence, NAME_result *result);

/* Fill in the result of a frame on which nothing stands out: the network needn't run. */
void NAME_decide_nothing(double presence, NAME_result *result);

#ifdef __cplusplus
}
#endif

#endif
