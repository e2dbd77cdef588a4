// Uses what only its neighbour includes.
std::string shown(int count) { return base::format("{}", count); }
void say(int count) { fmt::print("{}\n", count); }
