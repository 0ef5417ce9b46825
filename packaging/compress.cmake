# Before the package is closed: manual pages and changelogs are kept compressed in Debian (policy 12.1, 12.7).
file(GLOB_RECURSE pages ${CPACK_TEMPORARY_DIRECTORY}/trawl.1 ${CPACK_TEMPORARY_DIRECTORY}/changelog ${CPACK_TEMPORARY_DIRECTORY}/changelog.Debian)
foreach(page IN LISTS pages)
  execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
