#include "cli/cli.hpp"

int main(int argc, char** argv) { return dip::cli::run_client(argc, argv); }
