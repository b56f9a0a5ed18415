// Prepares frames from standard input, as classify.cpp takes them but without outputs; writes pixels and presence score.
#include <stdio.h>

#include <vector>

#include "lib_image.h"

int main() {
  int32_t header[4];
  while (fread(header, sizeof(header), 1, stdin) == 1) {
    std::vector<uint8_t> bytes(static_cast<size_t>(header[2]) * header[3]);
    if (fread(bytes.data(), 1, bytes.size(), stdin) != bytes.size()) return 1;
    uint8_t pixels[LIB_HEIGHT * LIB_WIDTH * LIB_CHANNELS];
    lib_box shown;
    const lib_frame frame = {bytes.data(), header[1], header[2], header[3], static_cast<lib_format>(header[0])};
    if (lib_prepare(&frame, pixels, &shown) != 0) return 2;
    const double presence = lib_presence(pixels, &shown);
    fwrite(pixels, 1, sizeof(pixels), stdout);
    fwrite(&presence, sizeof(presence), 1, stdout);
  }
  return 0;
}
