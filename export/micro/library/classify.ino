// Classifies images on a microcontroller with NAME, measures the time of the network, and prints it as JSON for
// `python -m benchmarks merge`. Open the serial monitor at 115,200 baud.
#include <NAME.h>

// Replace this function by your camera's. It fills in `frame` and returns true where there is a new one.
/*GARMENT*/// This network takes pixels that are prepared already, a garment on black as Fashion-MNIST shows it (README.md).
/*IMAGE*/// As it is, it draws a bright square that wanders over a dark frame.
/*GARMENT*/static bool take_pixels(uint8_t *pixels) {
/*GARMENT*/  for (int at = 0; at < MACRO_HEIGHT * MACRO_WIDTH; ++at) {
/*GARMENT*/    const int row = at / MACRO_WIDTH, column = at % MACRO_WIDTH;
/*GARMENT*/    const bool is_leg = column > 7 && column < 20 && (row < 10 || column < 12 || column > 15);
/*GARMENT*/    pixels[at] = row > 1 && row < 26 && is_leg ? 180 : 0;  // a pair of trousers
/*GARMENT*/  }
/*GARMENT*/  return true;
/*GARMENT*/}
/*IMAGE*/static bool take_frame(NAME_frame *frame) {
/*IMAGE*/  static uint8_t grey[60][80];
/*IMAGE*/  static int step = 0;
/*IMAGE*/  for (int y = 0; y < 60; ++y) {
/*IMAGE*/    for (int x = 0; x < 80; ++x) grey[y][x] = x / 20 == step % 4 && y / 20 == step / 4 % 3 ? 200 : 40 + x / 4;
/*IMAGE*/  }
/*IMAGE*/  ++step;
/*IMAGE*/  frame->data = &grey[0][0];
/*IMAGE*/  frame->width = 80;
/*IMAGE*/  frame->height = 60;
/*IMAGE*/  frame->row_bytes = 0;
/*IMAGE*/  frame->format = NAME_GREY8;  // a camera's: NAME_RGB565_BE, an ESP32's PIXFORMAT_RGB565 among them, or NAME_RGB888
/*IMAGE*/  return true;
/*IMAGE*/}

static const int kRuns = 20;
static bool is_ready = false;

// Print a list of times as whole nanoseconds.
static void print_times(const unsigned long *micros_of) {
  for (int run = 0; run < kRuns; ++run) {
    if (run > 0) Serial.print(",");
    Serial.print(micros_of[run]);
    Serial.print("000");
  }
}

// Print one measurement as a line of JSON; without a camera, the frame is the one that is drawn above.
static void print_timing() {
  unsigned long invoke[kRuns];
  for (int run = 0; run < kRuns; ++run) {
    const unsigned long started = micros();
    NAME_invoke();
    invoke[run] = micros() - started;
  }
/*IMAGE*/  unsigned long frame_to_decision[kRuns];
/*IMAGE*/  NAME_frame frame;
/*IMAGE*/  NAME_result result;
/*IMAGE*/  while (!take_frame(&frame)) delay(1);
/*IMAGE*/  for (int run = 0; run < kRuns; ++run) {
/*IMAGE*/    const unsigned long started = micros();
/*IMAGE*/    NAME_classify(&frame, &result);
/*IMAGE*/    frame_to_decision[run] = micros() - started;
/*IMAGE*/  }
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
  print_times(invoke);
  Serial.print("],\"frame_to_decision_ns\":[");
/*IMAGE*/  print_times(frame_to_decision);
  Serial.println("]}");
}

void setup() {
  Serial.begin(115200);
  while (!Serial && millis() < 5000) delay(10);
  const NAME_status status = NAME_begin();
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
