// br (RFC 7932) taken off by libbrotlidec. Its window is at most 16 MiB, and grows only as far as the body does.
#pragma once

#include <memory>
#include <string_view>

#include "fetch/content_decoder.hpp"

struct BrotliDecoderStateStruct;

namespace trawl {

class brotli_decoder final : public content_decoder {
 public:
  brotli_decoder() = default;
  brotli_decoder(const brotli_decoder&) = delete;  // What is allocated is counted here, by address.
  brotli_decoder& operator=(const brotli_decoder&) = delete;

  [[nodiscard]] outcome decode(std::string_view& coded, std::span<char> room, std::size_t& made) override;
  [[nodiscard]] bool complete() const override;
  [[nodiscard]] std::string_view problem() const override { return problem_; }
  [[nodiscard]] std::size_t memory() const override { return allocated_; }

 private:
  struct destroy {
    void operator()(BrotliDecoderStateStruct* state) const;
  };
  static void* allocate(void* self, std::size_t size);
  static void release(void* self, void* block);
  [[nodiscard]] outcome fail();

  std::size_t allocated_ = 0;
  std::unique_ptr<BrotliDecoderStateStruct, destroy> state_;  // After what counts its memory.
  std::string_view problem_;
};

}  // namespace trawl
