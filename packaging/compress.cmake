# Before the package is closed: manual pages are kept compressed in Debian (policy 12.1).
file(GLOB_RECURSE pages ${CPACK_TEMPORARY_DIRECTORY}/trawl.1)
foreach(page IN LISTS pages)
  execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
