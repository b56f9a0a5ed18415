/* Classifier MODEL_FILE for TensorFlow Lite Micro, written by `python -m export.micro`.
 *
 *   if (NAME_begin() != NAME_OK) ...            once: memory, and a known answer that the kernels must give
 *   NAME_result result;
 *   if (NAME_classify(...) == NAME_OK) ...      result.label, result.probability
 *
 * NAME_begin() takes MACRO_ARENA_BYTES of static memory for the network's tensors, NAME_begin_in() takes yours, such as
 * external RAM. One frame at a time, from one thread. */
#ifndef MACRO_H
#define MACRO_H

#include <stddef.h>
#include <stdint.h>

#include "NAME_decision.h"
/*IMAGE*/#include "NAME_image.h"
#include "NAME_settings.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  NAME_OK,
  NAME_NOT_BEGUN,      /* NAME_begin() or NAME_begin_in() comes first, and must have returned NAME_OK */
  NAME_WRONG_SCHEMA,   /* the TensorFlow Lite Micro library reads another schema of model files */
  NAME_NO_KERNEL,      /* it lacks an operator of the network */
  NAME_SMALL_ARENA,    /* it needs more memory than it was measured with: raise MACRO_ARENA_BYTES */
  NAME_OTHER_TENSORS,  /* the network's input or output isn't what this library was written for */
  NAME_INVOKE_FAILED,
  NAME_WRONG_ANSWER,   /* its kernels give another answer to the known input: use the version in README.md */
  NAME_BAD_FRAME,      /* no data, or a size outside of 1 to 32,767 pixels */
  NAME_NO_MEMORY       /* NAME_begin_in() got a null pointer: an allocation failed */
} NAME_status;

/* Allocate the tensors, run the network on a known input and compare its output. Call it once, in setup(). */
NAME_status NAME_begin(void);

/* The same with memory of your own, where the board's fast RAM is too small: external RAM, or a buffer shared with what
 * is done before. MACRO_ARENA_BYTES, at any address, are enough, and must stay until the program's end. A program that
 * doesn't call NAME_begin() is linked without the static memory. After a failure another memory may be tried. */
NAME_status NAME_begin_in(void *memory, size_t bytes);

/*IMAGE*//* Classify one frame of a camera. */
/*IMAGE*/NAME_status NAME_classify(const NAME_frame *frame, NAME_result *result);

/* Classify pixels that are prepared already: MACRO_HEIGHT x MACRO_WIDTH x MACRO_CHANNELS bytes of 0-255, in the
 * network's order (PIXEL_ORDER). */
NAME_status NAME_classify_pixels(const uint8_t *pixels, NAME_result *result);

/* Run the network on whatever is in its input, to measure its time. */
NAME_status NAME_invoke(void);

/* Bytes of the arena that the network uses, after NAME_begin(): MACRO_ARENA_BYTES can be lowered to them. */
size_t NAME_arena_used(void);

/* One English sentence about a status. */
const char *NAME_describe(NAME_status status);

#ifdef __cplusplus
}
#endif

#endif
