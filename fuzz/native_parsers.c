/* libFuzzer's entry for one native parser: FUZZ_TARGET names the symbol of parsers.pyx that reads the bytes.
   No interpreter is started: the parsers touch no Python object. libFuzzer hands every input over in a heap block of exactly
   its size, so AddressSanitizer sees the first byte read beyond it. */

#include <stddef.h>
#include <stdint.h>

int FUZZ_TARGET(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return FUZZ_TARGET(data, size); }
