// Reading the configuration: TOML to a Config, with every mistake told at once, by file and line.
#include "server/config.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <any>
#include <charconv>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "server/config_keys.hpp"

namespace vigil::server {
namespace {

bool is_ip(const std::string& text) {
  std::array<unsigned char, 16> out{};
  return inet_pton(AF_INET, text.c_str(), out.data()) == 1 || inet_pton(AF_INET6, text.c_str(), out.data()) == 1;
}

// "1.2.3.4:443" or "[::1]:443".
std::optional<ListenAt> socket_from(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::string address = text.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  } else if (address.find(':') != std::string::npos) {
    return std::nullopt;
  }
  ListenAt made{address, 0};
  const char* end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data() + colon + 1, end, made.port);
  if (error != std::errc() || read != end || made.port == 0 || !is_ip(address)) return std::nullopt;
  return made;
}

std::string socket_text(const ListenAt& at) {
  return at.address.find(':') == std::string::npos ? fmt::format("{}:{}", at.address, at.port)
                                                   : fmt::format("[{}]:{}", at.address, at.port);
}

// Visits every key with what the file says about it; remembers every complaint.
class Reader {
 public:
  Reader(const toml::table& root, std::string file) : root_(root), file_(std::move(file)) {}

  template <class Number>
  void number(const char* key, Number& into, std::uint64_t least, std::uint64_t most, Change) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const auto value = whole(*node, key, least, most)) into = static_cast<Number>(*value);
  }

  void numbers(const char* key, std::vector<std::uint32_t>& into, std::uint64_t least, std::uint64_t most, Change) {
    const toml::array* list = find_list(key, "a list of whole numbers, like [600, 1200]");
    if (list == nullptr) return;
    std::vector<std::uint32_t> made;
    for (const toml::node& node : *list)
      if (const auto value = whole(node, key, least, most)) made.push_back(static_cast<std::uint32_t>(*value));
    if (made.empty() || made.size() > 16) return complain(*list, key, "needs between 1 and 16 numbers");
    into = std::move(made);
  }

  void hosts(const char* key, std::vector<std::string>& into, Change) {
    texts(key, into, is_host, "a host name, an IP address or an onion address, like \"relay.example.org\"");
  }
  void host(const char* key, std::string& into, Change) {
    text(key, into, [](const std::string& value) { return value.empty() || is_host(value); }, "a host name, or \"\"");
  }
  void paths(const char* key, std::vector<std::string>& into, Change) {
    const auto fits = [](const std::string& path) {
      constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.";
      return path.size() >= 17 && path.size() <= 128 && path.front() == '/' &&
             path.find_first_not_of(allowed) == std::string::npos;
    };
    texts(key, into, fits,
          "a path of 17 to 128 letters, digits, - _ . and /, starting with /, that nobody can guess (`vigild init` makes one)");
  }
  void sockets(const char* key, std::vector<ListenAt>& into, Change) {
    std::vector<std::string> made;
    const auto fits = [](const std::string& value) { return socket_from(value).has_value(); };
    if (!texts(key, made, fits, "an IP address with a port, like \"0.0.0.0:443\" or \"[::]:443\"")) return;
    if (made.empty()) return complain(*find(key), key, "needs at least one address, or nobody can reach the relay");
    into.clear();
    for (const std::string& value : made) into.push_back(*socket_from(value));
  }
  void file(const char* key, std::filesystem::path& into, Change) {
    std::string value;
    if (text(key, value, [](const std::string&) { return true; }, "")) into = value;
  }
  void upstream(const char* key, std::string& into, Change) {
    const auto fits = [](const std::string& value) { return value.empty() || is_local_web_server(value); };
    text(key, into, fits,
         "a web server on this machine, like \"127.0.0.1:8080\" (it sees members' traffic only as strangers'), or \"\"");
  }
  void only_here(const char* key, std::string& into, Change) {
    const auto fits = [](const std::string& value) {
      const auto at = socket_from(value);
      return value.empty() || (value.starts_with("unix:/") && value.back() != '/') ||
             (at && (at->address.starts_with("127.") || at->address == "::1"));
    };
    text(key, into, fits,
         "an address of this machine only, like \"127.0.0.1:9464\" or \"unix:/run/vigild/metrics\" (nobody else may read how "
         "the relay is), or \"\" for none");
  }
  void level(const char* key, LogLevel& into, Change) {
    std::string value;
    const auto fits = [](const std::string& word) { return word == "error" || word == "warning" || word == "info"; };
    if (!text(key, value, fits, "\"error\", \"warning\" or \"info\"")) return;
    into = value == "error" ? LogLevel::error : value == "warning" ? LogLevel::warning : LogLevel::info;
  }

  void store_keys(const char* key, StoreKeys& into, Change) {
    static const std::map<std::string, StoreKeys> words{{"disk", StoreKeys::disk},
                                                        {"memory", StoreKeys::memory},
                                                        {"file", StoreKeys::file},
                                                        {"passphrase", StoreKeys::passphrase}};
    std::string value;
    const auto fits = [](const std::string& word) { return words.contains(word); };
    if (text(key, value, fits, "\"disk\", \"memory\", \"file\" or \"passphrase\"")) into = words.at(value);
  }

  // Whatever the file holds besides the keys visited.
  void refuse_unknown() {
    for (const auto& [section, inside] : root_) {
      const toml::table* table = inside.as_table();
      if (!sections_.contains(std::string(section.str()))) {
        complain(inside, std::string(section.str()),
                 table != nullptr
                     ? "is no section of this relay's configuration; delete it, or see deploy/vigild.toml for the right name"
                     : "stands outside of any section; see deploy/vigild.toml for the section it belongs to");
      } else if (table == nullptr) {
        complain(inside, std::string(section.str()),
                 fmt::format("is a section: write [{}] on a line of its own and the keys below it", section.str()));
      } else {
        for (const auto& [name, value] : *table) {
          const std::string key = fmt::format("{}.{}", section.str(), name.str());
          if (!known_.contains(key))
            complain(value, key,
                     "is no key of this relay's configuration; delete it, or see deploy/vigild.toml for the right name");
        }
      }
    }
  }

  void complain_at(const char* key, std::string_view what) {
    const toml::node* node = find(key);
    complain(node != nullptr ? *node : root_, key, what);
  }
  const std::map<std::pair<std::uint32_t, std::string>, std::string>& complaints() const { return complaints_; }

 private:
  const toml::node* find(const std::string& key) {
    const std::size_t dot = key.find('.');
    sections_.insert(key.substr(0, dot));
    known_.insert(key);
    const toml::table* section = root_[key.substr(0, dot)].as_table();
    return section == nullptr ? nullptr : section->get(key.substr(dot + 1));
  }
  const toml::array* find_list(const char* key, std::string_view expected) {
    const toml::node* node = find(key);
    if (node == nullptr) return nullptr;
    if (node->as_array() == nullptr) complain(*node, key, fmt::format("must be {}", expected));
    return node->as_array();
  }
  std::optional<std::uint64_t> whole(const toml::node& node, const std::string& key, std::uint64_t least, std::uint64_t most) {
    const toml::value<std::int64_t>* number = node.as_integer();
    if (number != nullptr && number->get() >= 0 && static_cast<std::uint64_t>(number->get()) >= least &&
        static_cast<std::uint64_t>(number->get()) <= most)
      return static_cast<std::uint64_t>(number->get());
    complain(node, key, fmt::format("must be a whole number from {} to {}, without quotes", least, most));
    return std::nullopt;
  }
  using Fits = std::function<bool(const std::string&)>;
  bool text(const char* key, std::string& into, const Fits& fits, std::string_view expected) {
    const toml::node* node = find(key);
    if (node == nullptr) return false;
    const toml::value<std::string>* value = node->as_string();
    if (value == nullptr) return complain(*node, key, "must be a text in quotes, like \"...\""), false;
    if (!fits(value->get())) return complain(*node, key, fmt::format("must be {}", expected)), false;
    into = value->get();
    return true;
  }
  bool texts(const char* key, std::vector<std::string>& into, const Fits& fits, std::string_view expected) {
    const toml::array* list = find_list(key, fmt::format("a list: in brackets, each {}", expected));
    if (list == nullptr) return false;
    std::vector<std::string> made;
    for (const toml::node& node : *list) {
      const toml::value<std::string>* value = node.as_string();
      if (value == nullptr || !fits(value->get())) return complain(node, key, fmt::format("must hold {}", expected)), false;
      made.push_back(value->get());
    }
    if (made.size() > 64) return complain(*list, key, "holds more than 64 entries"), false;
    into = std::move(made);
    return true;
  }
  void complain(const toml::node& node, const std::string& key, std::string_view what) {
    const std::uint32_t line = std::max<std::uint32_t>(1, node.source().begin.line);
    complaints_.emplace(std::pair(line, key), fmt::format("{}:{}: {} {}.", file_, line, key, what));
  }

  const toml::table& root_;
  std::string file_;
  std::set<std::string> sections_, known_;
  std::map<std::pair<std::uint32_t, std::string>, std::string> complaints_;  // bounded: by the keys of one file
};

// Visits every key and writes its value down as text.
class Teller {
 public:
  template <class Number>
  void number(const char* key, Number& value, std::uint64_t, std::uint64_t, Change change) {
    tell(key, fmt::format("{}", value), change);
  }
  void numbers(const char* key, std::vector<std::uint32_t>& value, std::uint64_t, std::uint64_t, Change change) {
    tell(key, fmt::format("{}", fmt::join(value, ",")), change);
  }
  void hosts(const char* key, std::vector<std::string>& value, Change change) {
    tell(key, fmt::format("{}", fmt::join(value, ",")), change);
  }
  void host(const char* key, std::string& value, Change change) { tell(key, value, change); }
  void paths(const char* key, std::vector<std::string>& value, Change change) { hosts(key, value, change); }
  void sockets(const char* key, std::vector<ListenAt>& value, Change change) {
    std::string all;
    for (const ListenAt& at : value) all += socket_text(at) + ",";
    tell(key, all, change);
  }
  void file(const char* key, std::filesystem::path& value, Change change) { tell(key, value.string(), change); }
  void upstream(const char* key, std::string& value, Change change) { tell(key, value, change); }
  void only_here(const char* key, std::string& value, Change change) { tell(key, value, change); }
  void level(const char* key, LogLevel& value, Change change) { tell(key, fmt::format("{}", static_cast<int>(value)), change); }
  void store_keys(const char* key, StoreKeys& value, Change change) {
    tell(key, fmt::format("{}", static_cast<int>(value)), change);
  }

  struct Told {
    std::string key, value;
    Change change;
  };
  std::vector<Told> told;

 private:
  void tell(const char* key, std::string value, Change change) { told.push_back({key, std::move(value), change}); }
};

// Visits two configurations one after the other: remembers the values of the first, puts those that need a restart into the
// second.
class Keeper {
 public:
  template <class Number>
  void number(const char*, Number& value, std::uint64_t, std::uint64_t, Change change) {
    keep(value, change);
  }
  void numbers(const char*, std::vector<std::uint32_t>& value, std::uint64_t, std::uint64_t, Change change) {
    keep(value, change);
  }
  void hosts(const char*, std::vector<std::string>& value, Change change) { keep(value, change); }
  void host(const char*, std::string& value, Change change) { keep(value, change); }
  void paths(const char*, std::vector<std::string>& value, Change change) { keep(value, change); }
  void sockets(const char*, std::vector<ListenAt>& value, Change change) { keep(value, change); }
  void file(const char*, std::filesystem::path& value, Change change) { keep(value, change); }
  void upstream(const char*, std::string& value, Change change) { keep(value, change); }
  void only_here(const char*, std::string& value, Change change) { keep(value, change); }
  void level(const char*, LogLevel& value, Change change) { keep(value, change); }
  void store_keys(const char*, StoreKeys& value, Change change) { keep(value, change); }
  void second() { at_ = 0; }

 private:
  template <class Value>
  void keep(Value& value, Change change) {
    if (!at_)
      values_.emplace_back(value);
    else if (const std::any& old = values_[(*at_)++]; change == Change::restart)
      value = std::any_cast<const Value&>(old);
  }
  std::vector<std::any> values_;  // bounded: one per key
  std::optional<std::size_t> at_;
};

std::filesystem::path beside(const std::filesystem::path& folder, const std::filesystem::path& path) {
  return path.empty() || path.is_absolute() ? path : (folder / path).lexically_normal();
}

// What no single key can tell.
void check_together(Reader& reader, const Config& config) {
  if (config.limits.free_for_urgent_percent >= config.limits.free_for_normal_percent)
    reader.complain_at("limits.free_for_urgent_percent",
                       "must be below limits.free_for_normal_percent: the last of the disk belongs to urgent copies");
  if ((config.store_keys == StoreKeys::file) == config.store_key_file.empty())
    reader.complain_at("store.key_file", "belongs to store.keys = \"file\", and is needed there");
  if (!config.decoy_site.empty() && !config.decoy_upstream.empty())
    reader.complain_at("decoy.site", "and decoy.upstream exclude each other; keep one of them");
}

}  // namespace

bool is_host(const std::string& text) {
  if (is_ip(text)) return true;
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  if (text.empty() || text.size() > 253) return false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view label = std::string_view(text).substr(begin, end - begin);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
        label.find_first_not_of(allowed) != std::string::npos)
      return false;
    begin = end + 1;
  }
  return true;
}

bool is_local_web_server(const std::string& text) {
  const auto at = socket_from(text);
  return at && (at->address.starts_with("127.") || at->address == "::1");
}

std::expected<Config, std::string> parse_config(std::string_view text, const std::filesystem::path& file) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return std::unexpected(
        fmt::format("{}:{}: this is not TOML: {}.", file.string(), error.source().begin.line, std::string(error.description())));
  }
  Config config;
  config.file = file;
  config.data = ".";
  config.tls_key = "keys/tls.key";
  config.tls_certificate = "keys/tls.crt";
  config.console = "console";
  Reader reader(parsed.table(), file.string());
  each_key(reader, config);
  reader.refuse_unknown();
  check_together(reader, config);
  if (!reader.complaints().empty()) {
    std::string all;
    for (const auto& [where, complaint] : reader.complaints()) all += (all.empty() ? "" : "\n") + complaint;
    return std::unexpected(all);
  }
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  config.data = beside(folder, config.data);
  if (!config.data.has_filename()) config.data = config.data.parent_path();  // "dir/." and "dir/" are "dir"
  config.decoy_site = beside(folder, config.decoy_site);
  config.tls_key = beside(config.data, config.tls_key);
  config.tls_certificate = beside(config.data, config.tls_certificate);
  config.console = beside(config.data, config.console);
  return config;
}

std::expected<Config, std::string> load_config(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream content;
  content << in.rdbuf();
  if (!in.is_open() || in.bad())
    return std::unexpected(
        fmt::format("{}: cannot be read; give the right file to --config, or make a relay with `vigild init`.", file.string()));
  std::expected<Config, std::string> config = parse_config(content.str(), file);
  if (!config) return config;
  if (config->hosts.empty() || config->paths.empty())
    return std::unexpected(
        fmt::format("{}:1: [relay] needs hosts and paths, or no member can come in; `vigild init` writes a file that has them.",
                    file.string()));
  return config;
}

std::vector<std::string> config_keys() {
  Config any;
  Teller teller;
  each_key(teller, any);
  std::vector<std::string> keys;
  for (const auto& [key, value, change] : teller.told) keys.push_back(key);
  return keys;
}

std::vector<std::string> needs_restart(const Config& old, const Config& fresh) {
  Config before = old, after = fresh;
  Teller one, two;
  each_key(one, before);
  each_key(two, after);
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < one.told.size(); ++i)
    if (one.told[i].change == Change::restart && one.told[i].value != two.told[i].value) keys.push_back(one.told[i].key);
  return keys;
}

Config without_restart(const Config& old, Config fresh) {
  Config before = old;
  Keeper keeper;
  each_key(keeper, before);
  keeper.second();
  each_key(keeper, fresh);
  return fresh;
}

}  // namespace vigil::server
