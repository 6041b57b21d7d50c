// Catalogs that must not compile, and one that must. Never built: the compiler reads it once for each macro, in tests named
// client_words_... (CMakeLists.txt), which ask for the error that belongs to it.
#include "client/words/sentence.hpp"

using namespace vigil::client::catalog;

struct Topic {
  Sentence<> all_clear;
  Sentence<Name, Clock> answering;
  Counted<Number> on_phones;
};

#if defined(SENTENCE_MISSING)
constexpr Topic topic{.all_clear = "a", .on_phones = {.one = "{}", .few = "{}", .many = "{}"}};
#elif defined(FORM_MISSING)
constexpr Topic topic{.all_clear = "a", .answering = "{} {}", .on_phones = {.one = "{}", .many = "{}"}};
#elif defined(LEAVES_OUT)
constexpr Topic topic{.all_clear = "a", .answering = "{}", .on_phones = {.one = "{}", .few = "{}", .many = "{}"}};
#elif defined(SAYS_TOO_MUCH)
constexpr Topic topic{.all_clear = "a {}", .answering = "{} {}", .on_phones = {.one = "{}", .few = "{}", .many = "{}"}};
#elif defined(NUMBER_LEFT_OUT)
constexpr Topic topic{.all_clear = "a", .answering = "{} {}", .on_phones = {.one = "one", .few = "{}", .many = "{}"}};
#else
constexpr Topic topic{.all_clear = "a", .answering = "{1} {0}", .on_phones = {.one = "{}", .few = "{}", .many = "{}"}};
#endif
