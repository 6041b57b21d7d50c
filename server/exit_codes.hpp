// What vigild's exit codes mean; documented in its --help. And how a command that fails says why.
#pragma once

#include <string>

namespace vigil::server {

inline constexpr int exit_done = 0;
inline constexpr int exit_refused = 1;      // wrong configuration, files or arguments: fix what the message says
inline constexpr int exit_not_running = 2;  // invite, status: no relay answers on the console
inline constexpr int exit_failed = 3;       // serve: could not start or go on; starting again may help
inline constexpr int exit_found = 4;        // audit: what should be gone is there; doctor: something is wrong

inline constexpr const char* exit_codes_help =
    "Exit codes: 0 done; 1 refused (the message says what to fix); 2 the relay is not running; 3 serving failed;\n"
    "4 audit or doctor found something; 100 and above: wrong arguments.";

// Says it to the operator and returns 'code'. For commands that end, and a start that fails.
int fail(const std::string& why, int code);

}  // namespace vigil::server
