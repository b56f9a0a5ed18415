/* Recipe image-v1 of edge-classify; its definition stands in edge/vision/image.py. */
#include "NAME_image.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define LARGEST_EDGE 32767
#define CELLS 16              /* along an edge, of the presence score */
#define FULL_VARIATION 40.0   /* levels of standard deviation that count as 1 */

/* Weights of 1/256 are rounded from IEEE doubles. A chip whose double is a float, such as an AVR, can't repeat them. */
typedef char NAME_double_has_8_bytes[sizeof(double) == 8 ? 1 : -1];

/* A new pixel between two old ones: the second has `weight` of 256. */
typedef struct {
  int32_t first, second;
  uint32_t weight;
} place;

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }
static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

/* Read one pixel as R, G, B; as one level from a grey frame. */
static void read_pixel(const NAME_frame *frame, int32_t x, int32_t y, uint32_t *levels) {
  const uint8_t *row = frame->data + (size_t)y * (size_t)frame->row_bytes;
  uint32_t packed;
  if (frame->format == NAME_GREY8) {
    levels[0] = row[x];
    return;
  }
  if (frame->format == NAME_RGB888) {
    levels[0] = row[3 * x];
    levels[1] = row[3 * x + 1];
    levels[2] = row[3 * x + 2];
    return;
  }
  packed = frame->format == NAME_RGB565_BE ? (uint32_t)row[2 * x] << 8 | row[2 * x + 1]
                                           : (uint32_t)row[2 * x + 1] << 8 | row[2 * x];
  levels[0] = packed >> 11;
  levels[1] = packed >> 5 & 63u;
  levels[2] = packed & 31u;
  levels[0] = levels[0] << 3 | levels[0] >> 2;
  levels[1] = levels[1] << 2 | levels[1] >> 4;
  levels[2] = levels[2] << 3 | levels[2] >> 2;
}

static int channels_of(const NAME_frame *frame) { return frame->format == NAME_GREY8 ? 1 : 3; }

/* Interpolation `nearest`: the old pixel under the middle of the new one. */
static int32_t nearest(int32_t x, int32_t old_size, int32_t new_size) {
  return (int32_t)(((int64_t)2 * x + 1) * old_size / ((int64_t)2 * new_size));
}

/* Interpolation `linear`. The steps are kept apart, for a compiler that joined two of them would round otherwise. */
static place place_of(int32_t x, int32_t old_size, int32_t new_size) {
  volatile double ratio = (double)new_size / (double)old_size;
  volatile double scale = 1.0 / ratio;
  volatile double product = scale * ((double)x + 0.5);
  volatile double coordinate = product - 0.5;
  place found = {0, 0, 0u};
  double scaled;
  if (coordinate < 0.0) return found;
  found.first = (int32_t)coordinate;
  if (found.first >= old_size - 1) {
    found.first = found.second = old_size - 1;
    return found;
  }
  found.second = found.first + 1;
  scaled = 256.0 * (coordinate - (double)found.first);
  found.weight = (uint32_t)scaled;
  scaled -= (double)found.weight;
  if (scaled > 0.5 || (scaled == 0.5 && found.weight % 2u)) ++found.weight; /* half to even */
  return found;
}

static void mix(const NAME_frame *frame, const NAME_box *box, const place *across, const place *down, uint32_t *levels) {
  uint32_t corners[4][3] = {{0u}};
  int channel;
  read_pixel(frame, box->left + across->first, box->top + down->first, corners[0]);
  read_pixel(frame, box->left + across->second, box->top + down->first, corners[1]);
  read_pixel(frame, box->left + across->first, box->top + down->second, corners[2]);
  read_pixel(frame, box->left + across->second, box->top + down->second, corners[3]);
  for (channel = 0; channel < channels_of(frame); ++channel) {
    uint32_t upper = corners[0][channel] * (256u - across->weight) + corners[1][channel] * across->weight;
    uint32_t lower = corners[2][channel] * (256u - across->weight) + corners[3][channel] * across->weight;
    levels[channel] = (upper * (256u - down->weight) + lower * down->weight + 32768u) >> 16;
  }
}

/* Interpolation `area`: the mean of what the new pixel covers, each old pixel being `new` units long. */
static void mean(const NAME_frame *frame, const NAME_box *box, int32_t x, int32_t y, int32_t new_width,
                 int32_t new_height, uint32_t *levels) {
  const int32_t left = x * box->width, right = left + box->width;
  const int32_t top = y * box->height, bottom = top + box->height;
  const uint64_t whole = (uint64_t)box->width * (uint64_t)box->height;
  uint64_t totals[3] = {0u, 0u, 0u};
  int32_t row, column;
  int channel;
  for (row = top / new_height; row * new_height < bottom; ++row) {
    const int32_t down = smaller(bottom, (row + 1) * new_height) - larger(top, row * new_height);
    uint32_t sums[3] = {0u, 0u, 0u};
    for (column = left / new_width; column * new_width < right; ++column) {
      const int32_t across = smaller(right, (column + 1) * new_width) - larger(left, column * new_width);
      read_pixel(frame, box->left + column, box->top + row, levels);
      for (channel = 0; channel < channels_of(frame); ++channel) sums[channel] += (uint32_t)across * levels[channel];
    }
    for (channel = 0; channel < channels_of(frame); ++channel) totals[channel] += (uint64_t)sums[channel] * (uint32_t)down;
  }
  for (channel = 0; channel < channels_of(frame); ++channel) {
    levels[channel] = (uint32_t)((2u * totals[channel] + whole) / (2u * whole));
  }
}

/* Store a pixel in the network's order, or as luma. */
static void store(const NAME_frame *frame, uint32_t *levels, int32_t x, int32_t y, uint8_t *pixels) {
  const int32_t at = y * MACRO_WIDTH + x;
  if (channels_of(frame) == 1) levels[1] = levels[2] = levels[0];
  if (MACRO_CHANNELS == 1) {
    pixels[at] = (uint8_t)((29u * levels[2] + 150u * levels[1] + 77u * levels[0] + 128u) >> 8);
    return;
  }
  pixels[MACRO_IS_PLANAR ? at : 3 * at] = (uint8_t)levels[MACRO_IS_BGR ? 2 : 0];
  pixels[MACRO_IS_PLANAR ? at + MACRO_WIDTH * MACRO_HEIGHT : 3 * at + 1] = (uint8_t)levels[1];
  pixels[MACRO_IS_PLANAR ? at + 2 * MACRO_WIDTH * MACRO_HEIGHT : 3 * at + 2] = (uint8_t)levels[MACRO_IS_BGR ? 0 : 2];
}

static void resize(const NAME_frame *frame, const NAME_box *box, const NAME_box *to, uint8_t *pixels) {
  static place columns[MACRO_WIDTH];
  const int is_smaller = to->width <= box->width && to->height <= box->height;
  const int is_area = MACRO_INTERPOLATION == MACRO_AREA && is_smaller;
  const int is_linear = MACRO_INTERPOLATION != MACRO_NEAREST && !is_area;
  int32_t x, y;
  for (x = 0; is_linear && x < to->width; ++x) columns[x] = place_of(x, box->width, to->width);
  for (y = 0; y < to->height; ++y) {
    place down = {0, 0, 0u};
    if (is_linear) down = place_of(y, box->height, to->height);
    for (x = 0; x < to->width; ++x) {
      uint32_t levels[3] = {0u, 0u, 0u};
      if (is_area) {
        mean(frame, box, x, y, to->width, to->height, levels);
      } else if (is_linear) {
        mix(frame, box, &columns[x], &down, levels);
      } else {
        read_pixel(frame, box->left + nearest(x, box->width, to->width),
                   box->top + nearest(y, box->height, to->height), levels);
      }
      store(frame, levels, to->left + x, to->top + y, pixels);
    }
  }
}

/* The middle of the frame that has the network's shape, by the share of it that the network takes. */
static NAME_box middle(int32_t width, int32_t height) {
  NAME_box box = {0, 0, width, height};
  if ((int64_t)width * MACRO_HEIGHT >= (int64_t)height * MACRO_WIDTH) {
    box.width = (2 * height * MACRO_WIDTH + MACRO_HEIGHT) / (2 * MACRO_HEIGHT);
  } else {
    box.height = (2 * width * MACRO_HEIGHT + MACRO_WIDTH) / (2 * MACRO_WIDTH);
  }
  box.width = larger(1, (2 * box.width * MACRO_CROP_THOUSANDTHS + 1000) / 2000);
  box.height = larger(1, (2 * box.height * MACRO_CROP_THOUSANDTHS + 1000) / 2000);
  box.left = (width - box.width) / 2;
  box.top = (height - box.height) / 2;
  return box;
}

/* The largest part of the network's input that has the frame's shape, in its middle. */
static NAME_box fitting(int32_t width, int32_t height) {
  NAME_box box = {0, 0, MACRO_WIDTH, MACRO_HEIGHT};
  if ((int64_t)width * MACRO_HEIGHT >= (int64_t)height * MACRO_WIDTH) {
    box.height = larger(1, (2 * height * MACRO_WIDTH + width) / (2 * width));
  } else {
    box.width = larger(1, (2 * width * MACRO_HEIGHT + height) / (2 * height));
  }
  box.left = (MACRO_WIDTH - box.width) / 2;
  box.top = (MACRO_HEIGHT - box.height) / 2;
  return box;
}

int NAME_prepare(const NAME_frame *frame, uint8_t *pixels, NAME_box *shown) {
  NAME_frame rows = *frame;
  NAME_box box = {0, 0, frame->width, frame->height}, to = {0, 0, MACRO_WIDTH, MACRO_HEIGHT};
  const int32_t pixel_bytes = frame->format == NAME_RGB888 ? 3 : frame->format == NAME_GREY8 ? 1 : 2;
  if (frame->data == NULL || frame->width < 1 || frame->height < 1) return -1;
  if (frame->width > LARGEST_EDGE || frame->height > LARGEST_EDGE) return -1;
  if (rows.row_bytes == 0) rows.row_bytes = frame->width * pixel_bytes;
  if (MACRO_RESIZE == MACRO_CROP) box = middle(frame->width, frame->height);
  if (MACRO_RESIZE == MACRO_LETTERBOX) {
    to = fitting(frame->width, frame->height);
    memset(pixels, 0, (size_t)MACRO_WIDTH * MACRO_HEIGHT * MACRO_CHANNELS);
  }
  resize(&rows, &box, &to, pixels);
  if (shown != NULL) *shown = to;
  return 0;
}

double NAME_presence(const uint8_t *pixels, const NAME_box *shown) {
  const int32_t cell_width = larger(1, shown->width / CELLS), cell_height = larger(1, shown->height / CELLS);
  const int32_t across = shown->width / cell_width, down = shown->height / cell_height;
  const double scale = 1.0 / (double)(across * down);
  const int32_t step = MACRO_IS_PLANAR ? 1 : MACRO_CHANNELS;
  double largest = 0.0;
  int32_t channel, row, column, y, x;
  for (channel = 0; channel < MACRO_CHANNELS; ++channel) {
    const uint8_t *plane = pixels + (MACRO_IS_PLANAR ? channel * MACRO_WIDTH * MACRO_HEIGHT : channel);
    uint64_t total = 0u, squares = 0u;
    double average, variance;
    for (row = 0; row < down; ++row) {
      for (column = 0; column < across; ++column) {
        uint32_t sum = 0u;
        for (y = 0; y < cell_height; ++y) {
          for (x = 0; x < cell_width; ++x) {
            sum += plane[((shown->top + row * cell_height + y) * MACRO_WIDTH + shown->left + column * cell_width + x) * step];
          }
        }
        total += sum;
        squares += (uint64_t)sum * sum;
      }
    }
    average = (double)total * scale;
    variance = (double)squares * scale - average * average;
    if (variance > largest) largest = variance;
  }
  largest = sqrt(largest) / ((double)(cell_height * cell_width) * FULL_VARIATION);
  return largest < 1.0 ? largest : 1.0;
}
