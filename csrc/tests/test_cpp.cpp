// The headers serve C++, and the library links with it.
#include "dnc.h"
#include "dnc_checkpoint.h"

#include <cstdio>

int main() {
    dnc_config config{};
    const bool works = dnc_config_init(&config, DNC_MODEL_DNC) == DNC_OK && config.struct_size == sizeof config;
    std::printf("%d passed, %d failed\n", works ? 1 : 0, works ? 0 : 1);
    return works ? 0 : 1;
}
