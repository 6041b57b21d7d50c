# vigil_room(name SOURCES ... LINKS ... [PRIVATE_LINKS ...]): one static library per room, with the project's warnings and
# hardening. vigil_program does the same for executables, vigil_test for test programs (each registered with CTest).
set(VIGIL_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND VIGIL_WARNINGS -Wno-tsan)  # GCC's thread sanitizer does not know Asio's fences; Clang has no such warning
endif()

function(vigil_options target)
  target_compile_options(${target} PRIVATE ${VIGIL_WARNINGS})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -fstack-protector-strong -D_FORTIFY_SOURCE=3
                           -ftrivial-auto-var-init=zero -fcf-protection)
  endif()
endfunction()

include(Precompiled)

function(vigil_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  vigil_options(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  vigil_use_precompiled(${name} "")
endfunction()

function(vigil_program name)
  cmake_parse_arguments(ARG "" "PRECOMPILED" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  vigil_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  vigil_use_precompiled(${name} "${ARG_PRECOMPILED}")
  # Bound at start: a call that is bound late leaves a copy of the processor's vector registers on the stack.
  target_link_options(${name} PRIVATE -Wl,-z,relro,-z,now,-z,noexecstack)
endfunction()

# One test program per area. Catch2's main is compiled once (tests/main.cpp), its header lies in the precompiled header of tests.
function(vigil_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS" ${ARGN})
  vigil_program(${name} SOURCES ${ARG_SOURCES} LINKS ${ARG_LINKS} vigil_test_main PRECOMPILED _test)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
