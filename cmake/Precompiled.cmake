# Precompiled headers, shared by all rooms: two sets (plain, and with Asio), each with and without Catch2. They only save
# time: every file still includes what it uses, and tests/tidy judges the arrows by these includes.
set(VIGIL_PCH_STD <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <cstring> <deque> <expected> <filesystem>
    <fstream> <functional> <iostream> <map> <memory> <mutex> <optional> <random> <set> <span> <sstream> <string> <string_view>
    <thread> <unordered_map> <utility> <variant> <vector>)
set(VIGIL_PCH_ASIO <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/buffer.hpp> <boost/asio/co_spawn.hpp>
    <boost/asio/experimental/channel.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>
    <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp>)

# A library without a story of its own: one source, compiled once, so that others can reuse its precompiled header.
function(vigil_precompile name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINKS" ${ARGN})
  set(source ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Carries the precompiled header of ${name}.\n")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${source})
  vigil_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  target_compile_features(${name} PRIVATE cxx_std_23)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # The same headers give the same bytes, so that ccache can serve what was compiled with them.
    target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# Whether 'target' links Asio, itself or through what it links.
function(vigil_links_asio target result)
  set(open ${target})
  set(seen "")
  while(open)
    list(POP_FRONT open next)
    if(next STREQUAL "vigil_asio")
      set(${result} ON PARENT_SCOPE)
      return()
    endif()
    list(APPEND seen ${next})
    set(links "")
    foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
      get_target_property(found ${next} ${property})
      if(found)
        list(APPEND links ${found})
      endif()
    endforeach()
    foreach(link ${links})
      if(TARGET ${link} AND link MATCHES "^vigil_" AND NOT link IN_LIST seen)
        list(APPEND open ${link})
      endif()
    endforeach()
  endwhile()
  set(${result} OFF PARENT_SCOPE)
endfunction()

# Gives 'target' the precompiled header that fits what it links; 'suffix' is empty or _test.
function(vigil_use_precompiled target suffix)
  vigil_links_asio(${target} asio)
  if(asio)
    target_precompile_headers(${target} REUSE_FROM vigil_pch_asio${suffix})
  else()
    target_precompile_headers(${target} REUSE_FROM vigil_pch${suffix})
  endif()
endfunction()

vigil_precompile(vigil_pch HEADERS ${VIGIL_PCH_STD})
vigil_precompile(vigil_pch_asio HEADERS ${VIGIL_PCH_STD} ${VIGIL_PCH_ASIO} LINKS vigil_asio)
if(VIGIL_TESTS)
  find_package(Catch2 REQUIRED)
  vigil_precompile(vigil_pch_test HEADERS ${VIGIL_PCH_STD} <catch2/catch.hpp> LINKS Catch2::Catch2)
  vigil_precompile(vigil_pch_asio_test
    HEADERS ${VIGIL_PCH_STD} ${VIGIL_PCH_ASIO} <catch2/catch.hpp>
    LINKS vigil_asio Catch2::Catch2)
endif()
