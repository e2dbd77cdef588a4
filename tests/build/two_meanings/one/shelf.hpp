struct Shelf {
  int width = 0;
};
