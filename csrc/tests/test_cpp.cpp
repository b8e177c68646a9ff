// The headers serve C++, and the library links with it.
#include "dnc.h"
#include "dnc_checkpoint.h"

#include <cstdio>

int main() {
    dnc_config config{};
    const dnc_run run = dnc_run_of(3, 2);
    dnc_isa isa;
    const bool works = dnc_config_init_text(&config, 5) == DNC_OK && config.struct_size == sizeof config &&
                       dnc_run_isa(&run, &isa) == DNC_OK && run.struct_size == sizeof run;
    std::printf("%d passed, %d failed\n", works ? 1 : 0, works ? 0 : 1);
    return works ? 0 : 1;
}
