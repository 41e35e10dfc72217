# Flags that hold for our code only, and the one way to declare a module.

add_library(penstock_flags INTERFACE)
target_compile_options(penstock_flags INTERFACE -Wall -Wextra -Werror -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # When it optimises, g++ 12 sees overlapping copies in plain std::string assignments (its bug 105651), and values that
  # are not there in a std::optional that was just asked (its bug 80635). clang looks for the latter, too.
  target_compile_options(penstock_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
target_include_directories(penstock_flags INTERFACE "${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}/src")
if(PENSTOCK_SANITIZE)
  target_compile_options(penstock_flags INTERFACE -fsanitize=${PENSTOCK_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(penstock_flags INTERFACE -fsanitize=${PENSTOCK_SANITIZE})
endif()
if(PENSTOCK_FUZZ)
  target_compile_options(penstock_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# penstock_module(name
#   HEADERS a.h            each compiles alone: first in its a.cc, else in a file made for that
#   SOURCES a.cc           the module's library, penstock::name
#   USES penstock::base    what it may include and links to; the test `layers` holds the includes to it
#   TESTS a_test.cc        one program, <name>_test, run by ctest
#   BENCH a_bench.cc       one program, <name>_bench
#   FUZZ a_fuzz.cc         a program each
#   TEST_USES ...          what only the tests, benchmarks and fuzzers link to
#   SQL sql/a_b.sql        compiled in: #include "<name>/sql_files.h" gives the constant sql::kAB, its text)
function(penstock_module name)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;USES;TESTS;BENCH;FUZZ;TEST_USES;SQL" ${ARGN})
  add_library(penstock_${name} STATIC ${arg_SOURCES} ${arg_HEADERS})
  add_library(penstock::${name} ALIAS penstock_${name})
  set_target_properties(penstock_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(penstock_${name} PUBLIC penstock_flags ${arg_USES})

  if(arg_SQL)
    set(constants "")
    foreach(file IN LISTS arg_SQL)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
      get_filename_component(words "${file}" NAME_WE)
      string(REPLACE "_" ";" words "${words}")
      set(constant "k")
      foreach(word IN LISTS words)
        string(SUBSTRING "${word}" 0 1 first)
        string(SUBSTRING "${word}" 1 -1 rest)
        string(TOUPPER "${first}" first)
        string(APPEND constant "${first}${rest}")
      endforeach()
      file(READ "${file}" text)
      string(APPEND constants "inline constexpr char ${constant}[] = R\"sql(${text})sql\";\n")
    endforeach()
    file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/generated/${name}/sql_files.h" CONTENT
         "#pragma once\n\nnamespace penstock::sql {\n\n@constants@\n}  // namespace penstock::sql\n" @ONLY)
    target_include_directories(penstock_${name} PUBLIC "${CMAKE_CURRENT_BINARY_DIR}/generated")
  endif()

  if(PENSTOCK_TESTS)
    set(alone "")
    foreach(header IN LISTS arg_HEADERS)
      string(MAKE_C_IDENTIFIER "${header}" id)
      get_filename_component(path "${header}" ABSOLUTE)
      set(source "${CMAKE_CURRENT_BINARY_DIR}/alone_${id}.cc")
      string(REGEX REPLACE "^${CMAKE_SOURCE_DIR}/(src|include)/" "" path "${path}")
      string(REGEX REPLACE "h$" "cc" implementation "${header}")
      if(implementation IN_LIST arg_SOURCES)
        file(STRINGS "${implementation}" first REGEX "^#include" LIMIT_COUNT 1)
        if(first STREQUAL "#include \"${path}\"")
          continue()  # it compiles alone there
        endif()
      endif()
      file(CONFIGURE OUTPUT "${source}" CONTENT "#include \"${path}\"  // compiles alone\n")
      list(APPEND alone "${source}")
    endforeach()
    if(alone)
      add_library(penstock_${name}_headers OBJECT ${alone})
      target_link_libraries(penstock_${name}_headers PRIVATE penstock_${name})
      target_compile_options(penstock_${name}_headers PRIVATE -O0 -g0 -fno-sanitize=all)  # only whether it compiles counts
    endif()
    if(arg_TESTS)
      add_executable(${name}_test ${arg_TESTS})
      target_link_libraries(${name}_test PRIVATE penstock_${name} ${arg_TEST_USES} GTest::gmock_main)
      if(PENSTOCK_SANITIZE MATCHES "undefined")
        # the code under test has these checks; in the tests' own they are a quarter of the time that compiling takes
        set_property(SOURCE ${arg_TESTS} APPEND PROPERTY COMPILE_OPTIONS -fno-sanitize=undefined)
      endif()
      add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
      set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT
        "VERSITYGW=${VERSITYGW};ASAN_OPTIONS=detect_stack_use_after_return=1;UBSAN_OPTIONS=print_stacktrace=1")
    endif()
  endif()
  if(PENSTOCK_BENCH AND arg_BENCH)
    add_executable(${name}_bench ${arg_BENCH})
    target_link_libraries(${name}_bench PRIVATE penstock_${name} ${arg_TEST_USES} benchmark::benchmark_main)
  endif()
  if(PENSTOCK_FUZZ)
    foreach(source IN LISTS arg_FUZZ)
      get_filename_component(fuzzer "${source}" NAME_WE)
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE penstock_${name} ${arg_TEST_USES})
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()
