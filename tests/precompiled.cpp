// Nothing: this is what the precompiled headers of the tests are compiled with (CMakeLists.txt).
