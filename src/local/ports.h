// TCP ports of 127.0.0.1.
#pragma once

#include <string_view>

namespace penstock::local {

bool is_free(int port);
// `preferred` if it is free (and not 0), else any; 0 where there is none. It may be taken
// before it is used: who uses it finds out.
int free_port(int preferred);
bool accepts_connections(int port);
// Of "http://host:port"; 0 when there is none.
int port_of(std::string_view url);

}  // namespace penstock::local
