namespace {

enum class Shelf { upper, lower };

}  // namespace
