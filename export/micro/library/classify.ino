// Classifies images on a microcontroller with NAME, measures the time of the network, and prints it as JSON for
// `python -m benchmarks merge`. Open the serial monitor at 115,200 baud.
#include <NAME.h>

// Draw a frame of our own, to be measured where the camera shows nothing: a light T-shirt on a dark ground.
/*GARMENT*/static void draw_pixels(uint8_t *pixels) {
/*GARMENT*/  for (int at = 0; at < MACRO_HEIGHT * MACRO_WIDTH; ++at) {
/*GARMENT*/    const int y = at / MACRO_WIDTH * 28 / MACRO_HEIGHT, x = at % MACRO_WIDTH * 28 / MACRO_WIDTH;
/*GARMENT*/    const bool is_shirt = y > 3 && y < 25 && ((x > 7 && x < 20) || (y < 12 && x > 2 && x < 25));
/*GARMENT*/    pixels[at] = is_shirt ? 180 + x % 4 * 8 : 0;
/*GARMENT*/  }
/*GARMENT*/}
/*IMAGE*/static void draw_frame(NAME_frame *frame) {
/*IMAGE*/  static uint8_t rgb565[60][80][2];
/*IMAGE*/  for (int y = 0; y < 60; ++y) {
/*IMAGE*/    for (int x = 0; x < 80; ++x) {
/*IMAGE*/      const bool is_shirt = y > 11 && y < 48 && ((x > 28 && x < 51) || (y < 25 && x > 20 && x < 59));
/*IMAGE*/      const unsigned red = is_shirt ? 26 + y % 4 : 3, green = is_shirt ? 50 - x / 8 : 9 + y / 8, blue = is_shirt ? 9 : 5;
/*IMAGE*/      const unsigned packed = red << 11 | green << 5 | blue;
/*IMAGE*/      rgb565[y][x][0] = static_cast<uint8_t>(packed >> 8);
/*IMAGE*/      rgb565[y][x][1] = static_cast<uint8_t>(packed & 255u);
/*IMAGE*/    }
/*IMAGE*/  }
/*IMAGE*/  frame->data = &rgb565[0][0][0];
/*IMAGE*/  frame->width = 80;
/*IMAGE*/  frame->height = 60;
/*IMAGE*/  frame->row_bytes = 0;
/*IMAGE*/  frame->format = NAME_RGB565_BE;
/*IMAGE*/}

// Replace what this function does by your camera: it fills in the frame, and returns true where there is a new one.
/*GARMENT*/// This network takes pixels that are prepared already, a garment on black as Fashion-MNIST shows it (README.md).
/*IMAGE*/// Formats: NAME_RGB565_BE, an ESP32's PIXFORMAT_RGB565 among them, NAME_RGB565_LE, NAME_RGB888, NAME_GREY8.
/*GARMENT*/static bool take_pixels(uint8_t *pixels) {
/*GARMENT*/  draw_pixels(pixels);
/*GARMENT*/  return true;
/*GARMENT*/}
/*IMAGE*/static bool take_frame(NAME_frame *frame) {
/*IMAGE*/  draw_frame(frame);
/*IMAGE*/  return true;
/*IMAGE*/}

static const int kRuns = 20;
static bool is_ready = false;

// Print a list of times as whole nanoseconds.
static void print_times(const unsigned long *micros_of, int count) {
  for (int run = 0; run < count; ++run) {
    if (run > 0) Serial.print(",");
    Serial.print(micros_of[run]);
    Serial.print("000");
  }
}

/*IMAGE*/// Take a frame that the network is run on: the camera's, if one of fifty will do, else the one that is drawn.
/*IMAGE*/static void take_frame_with_content(NAME_frame *frame) {
/*IMAGE*/  NAME_result result;
/*IMAGE*/  for (int attempt = 0; attempt < 50; ++attempt) {
/*IMAGE*/    const bool is_new = take_frame(frame);
/*IMAGE*/    if (is_new && NAME_classify(frame, &result) == NAME_OK && result.index != MACRO_NOTHING) return;
/*IMAGE*/    delay(20);
/*IMAGE*/  }
/*IMAGE*/  Serial.println("the camera shows nothing: a drawn frame is measured");
/*IMAGE*/  draw_frame(frame);
/*IMAGE*/}
/*IMAGE*/
// Print one measurement as a line of JSON.
static void print_timing() {
  unsigned long invoke[kRuns];
/*GARMENT*/  NAME_result result;
/*GARMENT*/  static uint8_t pixels[MACRO_HEIGHT * MACRO_WIDTH];
/*GARMENT*/  draw_pixels(pixels);
/*GARMENT*/  NAME_classify_pixels(pixels, &result);
/*IMAGE*/  unsigned long frame_to_decision[kRuns];
/*IMAGE*/  NAME_frame frame;
/*IMAGE*/  NAME_result result;
/*IMAGE*/  take_frame_with_content(&frame);
/*IMAGE*/  int timed = 0;
/*IMAGE*/  for (int run = 0; run < kRuns; ++run) {
/*IMAGE*/    const unsigned long started = micros();
/*IMAGE*/    const NAME_status status = NAME_classify(&frame, &result);
/*IMAGE*/    const unsigned long taken = micros() - started;
/*IMAGE*/    if (status == NAME_OK && result.index != MACRO_NOTHING) frame_to_decision[timed++] = taken;
/*IMAGE*/  }
  for (int run = 0; run < kRuns; ++run) {
    const unsigned long started = micros();
    NAME_invoke();
    invoke[run] = micros() - started;
  }
  Serial.print("{\"timing_schema_version\":1,\"file\":\"" MACRO_FILE "\",\"format\":\"tflite\",\"sha256\":\"" MACRO_SHA256);
  Serial.print("\",\"size_bytes\":");
  Serial.print(MACRO_FILE_BYTES);
  Serial.print(",\"runtime\":\"tflite-micro\",\"runtime_version\":\"" MACRO_TFLM_LIBRARY "\",\"kind\":\"microcontroller\"");
#ifdef ARDUINO_BOARD
  Serial.print(",\"machine\":\"" ARDUINO_BOARD "\"");
#else
  Serial.print(",\"machine\":\"microcontroller\"");
#endif
  Serial.print(",\"threads\":1,\"utc\":null,\"load_ns\":null,\"first_invoke_ns\":null,\"memory_peak_bytes\":");
  Serial.print(MACRO_RAM_BYTES);
  Serial.print(",\"invoke_ns\":[");
  print_times(invoke, kRuns);
  Serial.print("],\"frame_to_decision_ns\":[");
/*IMAGE*/  print_times(frame_to_decision, timed);
  Serial.println("]}");
}

void setup() {
  Serial.begin(115200);
  while (!Serial && millis() < 5000) delay(10);
#if defined(BOARD_HAS_PSRAM) && MACRO_ARENA_BYTES > 100000  // an ESP32 with external RAM, and more than its fast RAM holds
  const NAME_status status = NAME_begin_in(ps_malloc(MACRO_ARENA_BYTES), MACRO_ARENA_BYTES);
#else
  const NAME_status status = NAME_begin();
#endif
  if (status != NAME_OK) {
    Serial.print("NAME can't run: ");
    Serial.println(NAME_describe(status));
    return;
  }
  Serial.print("arena: ");
  Serial.print((unsigned long)NAME_arena_used());
  Serial.print(" bytes used of ");
  Serial.println(MACRO_ARENA_BYTES);
  print_timing();
  is_ready = true;
}

void loop() {
  if (!is_ready) {
    delay(1000);
    return;
  }
  NAME_result result;
/*GARMENT*/  static uint8_t pixels[MACRO_HEIGHT * MACRO_WIDTH];
/*GARMENT*/  if (!take_pixels(pixels)) return;
/*GARMENT*/  const NAME_status status = NAME_classify_pixels(pixels, &result);
/*IMAGE*/  NAME_frame frame;
/*IMAGE*/  if (!take_frame(&frame)) return;
/*IMAGE*/  const NAME_status status = NAME_classify(&frame, &result);
  if (status != NAME_OK) {
    Serial.println(NAME_describe(status));
    return;
  }
  Serial.print(result.label);
  Serial.print(" ");
  Serial.println(result.probability);
  delay(1000);
}
