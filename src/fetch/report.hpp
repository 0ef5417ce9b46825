// A fetch that is over, as its record: what was asked, what answered, how long it took.
#pragma once

#include <trawl/record.hpp>

#include <string_view>

#include "connect/tls_client.hpp"
#include "fetch/exchange.hpp"
#include "frontier/fetch.hpp"
#include "outcome/failure.hpp"

namespace trawl {

/// What a record is made of. All of it must outlive the record, which is views into it.
struct fetch_facts {
  const fetch& over;
  const failure& what;
  const exchange& last;             ///< Of its last hop.
  std::string_view remote_ip;       ///< Dialled last; empty: none.
  const tls_client* tls = nullptr;  ///< Of the last connection; null: plain, or none.
};

/// Fills `into`, reusing its storage.
void make_record(const fetch_facts& facts, record& into);
/// Of a fetch that ended while it waited for its turn.
void make_unsent_record(const fetch& over, const failure& why, record& into);

}  // namespace trawl
