# Where everything that is not ours comes from: Debian's packages, and what `scripts/setup` keeps in its cache.

# Another version there is another folder here.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/scripts/setup ${CMAKE_SOURCE_DIR}/scripts/versions.env ${CMAKE_SOURCE_DIR}/scripts/requirements.txt
  ${CMAKE_SOURCE_DIR}/scripts/requirements-tools.txt ${CMAKE_SOURCE_DIR}/scripts/requirements-bench.txt
  ${CMAKE_SOURCE_DIR}/e2e/clients/package-lock.json)
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/setup paths OUTPUT_VARIABLE penstock_paths
                COMMAND_ERROR_IS_FATAL ANY OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REPLACE "\n" ";" penstock_paths "${penstock_paths}")
foreach(line IN LISTS penstock_paths)
  string(REGEX MATCH "^([A-Z0-9_]+)=(.*)$" _ "${line}")
  set(${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(date REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
find_package(BZip2 REQUIRED)
if(PENSTOCK_TESTS)
  pkg_check_modules(lzo REQUIRED IMPORTED_TARGET lzo2) # GPL: the tests' witness, and in no program of ours
endif()

# AWS CRT: a system-wide installation when there is one, else the cache's.
list(APPEND CMAKE_PREFIX_PATH "${AWSCRT_DIR}")
find_package(aws-c-s3 REQUIRED)

# Arrow: likewise; the cache's is the libraries and headers of the pyarrow wheel, which has no CMake package.
find_package(Parquet CONFIG QUIET)
add_library(penstock_arrow INTERFACE)
if(Parquet_FOUND)
  target_link_libraries(penstock_arrow INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
else()
  target_include_directories(penstock_arrow SYSTEM INTERFACE "${ARROW_DIR}/include")
  target_link_directories(penstock_arrow INTERFACE "${ARROW_DIR}/lib")
  target_link_libraries(penstock_arrow INTERFACE arrow parquet)
  # The wheel's libparquet has an OpenSSL inside, and exports it. The one that everything else was compiled for must be
  # found before it, or the loader joins the two and the first hash crashes. Only options stand before all libraries.
  target_link_options(penstock_arrow INTERFACE "${OPENSSL_CRYPTO_LIBRARY}")
  # A program finds it there; the Python package's module shares what pyarrow has loaded.
  target_link_options(penstock_arrow INTERFACE
    "$<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,MODULE_LIBRARY>>:-Wl,-rpath,${ARROW_DIR}/lib>")
endif()
add_library(penstock::arrow ALIAS penstock_arrow)

# Asio without Boost: headers only.
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
add_library(penstock_asio INTERFACE)
target_include_directories(penstock_asio SYSTEM INTERFACE "${ASIO_INCLUDE_DIR}")
target_compile_definitions(penstock_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
target_link_libraries(penstock_asio INTERFACE Threads::Threads)
add_library(penstock::asio ALIAS penstock_asio)

if(PENSTOCK_TESTS)
  find_package(GTest REQUIRED)
endif()
if(PENSTOCK_BENCH)
  find_package(benchmark REQUIRED)
endif()
