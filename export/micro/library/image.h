/* Frame -> pixels of the network: recipe image-v1 of edge-classify, in integers.
 *
 * The same bytes as edge-classify computes on a computer: resize mode, interpolation and colours are constants in
 * NAME_settings.h, and the compiler drops what they don't need. No memory is allocated. */
#ifndef MACRO_IMAGE_H
#define MACRO_IMAGE_H

#include <stdint.h>

#include "NAME_settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Order of a pixel's bytes. The 5 or 6 bits of RGB565 are widened to 8 by repeating the highest ones, so that white is
 * 255. Cameras (OV2640, OV7670) send the byte with red first: NAME_RGB565_BE. A uint16_t in the memory of a Cortex-M,
 * ESP32 or RISC-V, as a display takes it, has it last: NAME_RGB565_LE. */
typedef enum { NAME_RGB888, NAME_RGB565_BE, NAME_RGB565_LE, NAME_GREY8 } NAME_format;

typedef struct {
  const uint8_t *data;   /* first pixel of the first row */
  int32_t width, height; /* pixels, 1 to 32,767 */
  int32_t row_bytes;     /* from one row to the next; 0: no gaps between rows */
  NAME_format format;
} NAME_frame;

typedef struct {
  int32_t left, top, width, height; /* pixels */
} NAME_box;

/* Fill `pixels` (MACRO_HEIGHT x MACRO_WIDTH x MACRO_CHANNELS bytes of 0-255, in the network's order) from a frame.
 * `shown`, if not null, becomes the part of `pixels` that the frame fills: all of it but for a letterbox.
 * Returns 0, or -1 where the frame has no data or a size outside of 1 to 32,767. */
int NAME_prepare(const NAME_frame *frame, uint8_t *pixels, NAME_box *shown);

/* Variation of the pixels, 0-1: 0 is one even colour, as with a covered lens. */
double NAME_presence(const uint8_t *pixels, const NAME_box *shown);

#ifdef __cplusplus
}
#endif

#endif
