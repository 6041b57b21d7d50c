#include "client/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "client/clock.hpp"
#include "client/printable.hpp"
#include "client/render.hpp"
#include "client/sorted.hpp"
#include "client/words/language.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/e2ee/between.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

constexpr std::size_t page_columns = 78;
constexpr std::size_t alert_digits = 8;

const content::Responder* responder_of(const AlertState& alert, const record::Entry& entry, std::uint32_t index) {
  for (const record::VigilRecord& vigil : alert.record().vigils()) {
    if (vigil.vigil_id() == entry.vigil_id() && index < static_cast<std::uint32_t>(vigil.responders_size()))
      return &vigil.responders(static_cast<int>(index));
  }
  return nullptr;
}

bool token_holds(const AlertState& alert, const record::Entry& entry) {
  const content::Responder* who = responder_of(alert, entry, entry.index());
  const auto token = Secret::from(view(entry.token()));
  if (who == nullptr || !token || entry.step() == 0 || entry.step() > limits::answer_chain_steps) return false;
  const bool odd = entry.step() % 2 == 1;
  if (odd != (entry.kind() == record::Entry::ANSWERED)) return false;
  return equal_secret(answer_chain(*token, entry.step()).view(), view(who->head()));
}

bool closes(const AlertState& alert, const record::Entry& entry, std::uint32_t index, const std::string& token) {
  const content::Responder* who = responder_of(alert, entry, index);
  const auto secret = Secret::from(view(token));
  return who != nullptr && secret && equal_secret(vigil_secret_hash(*secret).view(), view(who->close_hash()));
}

bool mac_holds(const AlertState& alert, const record::Entry& entry, const e2ee::Identity& own) {
  const auto writer = e2ee::IdentityKey::from(view(entry.person()));
  if (!writer) return false;
  const bool marks = entry.kind() == record::Entry::MARK;
  if ((marks ? entry.mark().alert_id() : entry.note().alert_id()) != alert.record().alert_id()) return false;
  const std::string body = marks ? body_of(entry.mark()) : body_of(entry.note());
  const auto mac = e2ee::between_mac(own, *writer, false, view(alert.record().alert_id()), view(body));
  return mac && equal_secret(mac->view(), view(marks ? entry.mark().mac() : entry.note().mac()));
}

Proof proof_of(const AlertState& alert, const record::Entry& entry, const e2ee::Identity& own) {
  switch (entry.kind()) {
    case record::Entry::ANSWERED:
      if (entry.own() && entry.token().empty()) return Proof::not_kept;
      return token_holds(alert, entry) ? Proof::token : Proof::wrong;
    case record::Entry::GIVEN_BACK:
      return token_holds(alert, entry) ? Proof::token : Proof::wrong;
    case record::Entry::CLOSED:
      return entry.index() != entry.index_other() && closes(alert, entry, entry.index(), entry.token()) &&
                     closes(alert, entry, entry.index_other(), entry.token_other())
                 ? Proof::two_tokens
                 : Proof::wrong;
    case record::Entry::MARK:
    case record::Entry::NOTE:
      if (entry.own()) return Proof::own;
      return mac_holds(alert, entry, own) ? Proof::mac : Proof::wrong;
    case record::Entry::LAPSED:
    case record::Entry::RANG:
    case record::Entry::ON_RELAY:
      return Proof::relay;
    case record::Entry::PRESSED:
    case record::Entry::PRESSED_AGAIN:
    case record::Entry::SAYS_ALL_CLEAR:
    case record::Entry::ENDED:
    case record::Entry::FORCED:
    case record::Entry::MUTED:
    case record::Entry::RECEIPT:
      return entry.own() ? Proof::own : Proof::sealed;
    case record::Entry::SEEN:
      return Proof::own;
    case record::Entry::UNSET:
    case record::Entry_Kind_Entry_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case record::Entry_Kind_Entry_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return Proof::wrong;
}

std::string words_of(const AlertState& alert, const record::Entry& entry, const std::string& who) {
  switch (entry.kind()) {
    case record::Entry::PRESSED:
      return words().entry_pressed(who);
    case record::Entry::PRESSED_AGAIN:
      return words().entry_pressed_again(who);
    case record::Entry::RANG:
      return words().entry_rang(entry.round(), entry.stage() + 1);
    case record::Entry::ANSWERED:
      return words().entry_answered(who, words().age(entry.lease_s()));
    case record::Entry::GIVEN_BACK:
      return words().entry_gave_back(who);
    case record::Entry::LAPSED:
      return words().entry_lapsed(who);
    case record::Entry::CLOSED: {
      const std::string other = alert.name_of(entry.index_other());
      return words().entry_closed(who, other.empty() ? words().somebody() : other);
    }
    case record::Entry::SAYS_ALL_CLEAR:
      return words().entry_all_clear(who, printable(entry.text(), 500));
    case record::Entry::ENDED:
      return words().entry_ended(who);
    case record::Entry::FORCED:
      return words().entry_forced(who);
    case record::Entry::MARK:
      return words().mark_line(who, entry.mark().kind(), printable(entry.mark().where(), 200),
                               printable(entry.mark().how(), 200));
    case record::Entry::NOTE:
      return words().note_line(who, printable(entry.note().text(), 2000));
    case record::Entry::MUTED:
      return words().muted_until(who, utc_text(entry.until_s()) + " UTC");
    case record::Entry::SEEN:
      return words().entry_seen();
    case record::Entry::ON_RELAY:
      return words().entry_on_relay();
    case record::Entry::RECEIPT:
      return words().entry_receipt(who, entry.step() == 1);
    case record::Entry::UNSET:
    case record::Entry_Kind_Entry_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case record::Entry_Kind_Entry_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return {};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string local_text(std::uint64_t at_s, const char* format) {
  const auto time = static_cast<std::time_t>(at_s);
  std::tm parts{};
  localtime_r(&time, &parts);
  char out[40];
  return {out, std::strftime(out, sizeof out, format, &parts)};
}

}  // namespace

std::string body_of(content::Mark mark) {
  mark.clear_mac();
  return mark.SerializeAsString();
}
std::string body_of(content::Note note) {
  note.clear_mac();
  return note.SerializeAsString();
}

Timeline timeline_of(const AlertState& alert, const e2ee::Identity& own, const NameOf& name_of) {
  Timeline out;
  std::string whose = alert.record().hers() ? words().you() : name_of(view(alert.record().person()));
  if (whose.empty()) whose = words().somebody();
  out.title = words().timeline_of(whose, hex(view(alert.record().alert_id())).substr(0, alert_digits));
  out.full = alert.record().timeline_full();
  for (const record::Entry& entry : alert.record().timeline()) {
    Moment moment{
        .kind = entry.kind(), .at_s = entry.at_s(), .here_s = entry.here_s(), .who = who_did(alert, entry, name_of), .words = {}};
    moment.words = words_of(alert, entry, moment.who);
    moment.proof = proof_of(alert, entry, own);
    ++(moment.proof == Proof::wrong ? out.wrong : out.checked);
    out.moments.push_back(std::move(moment));
  }
  sort_keeping_order(out.moments, [](const Moment& moment) { return moment.at_s; });
  return out;
}

std::string utc_text(std::uint64_t at_s) {
  const auto time = static_cast<std::time_t>(at_s);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char out[40];
  return {out, std::strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string proof_words(Proof proof) {
  switch (proof) {
    case Proof::token:
      return words().proof_token();
    case Proof::two_tokens:
      return words().proof_two_tokens();
    case Proof::mac:
      return words().proof_mac();
    case Proof::sealed:
      return words().proof_sealed();
    case Proof::relay:
      return words().proof_relay();
    case Proof::own:
      return words().proof_own();
    case Proof::not_kept:
      return words().proof_not_kept();
    case Proof::wrong:
      return words().proof_wrong();
  }
  return {};
}

std::string_view proof_name(Proof proof) {
  switch (proof) {
    case Proof::token:
      return "token";
    case Proof::two_tokens:
      return "two_tokens";
    case Proof::mac:
      return "mac";
    case Proof::sealed:
      return "sealed";
    case Proof::relay:
      return "relay";
    case Proof::own:
      return "own";
    case Proof::not_kept:
      return "not_kept";
    case Proof::wrong:
      return "wrong";
  }
  return {};
}

std::string_view kind_name(record::Entry::Kind kind) {
  switch (kind) {
    case record::Entry::PRESSED:
      return "pressed";
    case record::Entry::PRESSED_AGAIN:
      return "pressed_again";
    case record::Entry::RANG:
      return "rang";
    case record::Entry::ANSWERED:
      return "answered";
    case record::Entry::GIVEN_BACK:
      return "given_back";
    case record::Entry::LAPSED:
      return "lapsed";
    case record::Entry::CLOSED:
      return "closed";
    case record::Entry::SAYS_ALL_CLEAR:
      return "all_clear";
    case record::Entry::ENDED:
      return "ended";
    case record::Entry::FORCED:
      return "forced";
    case record::Entry::MARK:
      return "mark";
    case record::Entry::NOTE:
      return "note";
    case record::Entry::MUTED:
      return "muted";
    case record::Entry::SEEN:
      return "seen";
    case record::Entry::ON_RELAY:
      return "on_relay";
    case record::Entry::RECEIPT:
      return "receipt";
    case record::Entry::UNSET:
    case record::Entry_Kind_Entry_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case record::Entry_Kind_Entry_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return "unknown";
}

std::string page_as_text(const Timeline& timeline) {
  std::string out = timeline.title + "\n\n";
  for (const Moment& moment : timeline.moments) {
    out += words().time_both(utc_text(moment.at_s), local_text(moment.at_s, "%Y-%m-%d %H:%M:%S %Z")) + "\n";
    for (const std::string& piece : wrapped(moment.words, page_columns - 4)) out += "    " + piece + "\n";
    out += "    [" + proof_words(moment.proof) + "]\n";
  }
  if (timeline.full) out += "\n" + words().timeline_full() + "\n";
  return out + "\n" + words().times_are() + "\n" + words().timeline_checked(timeline.checked, timeline.wrong) + "\n" +
         words().timeline_proves() + "\n";
}

std::string page_as_html(const Timeline& timeline) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"{1}\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<style>body{{font:11pt/1.4 serif;max-width:48em;margin:2em auto}}table{{border-collapse:collapse;width:100%}}"
      "td{{border-top:1px solid #999;padding:.3em .6em;vertical-align:top}}.w{{font-weight:bold}}"
      ".p{{color:#444;font-size:9pt}}tr{{page-break-inside:avoid}}</style></head>\n<body><h1>{0}</h1>\n<table>\n",
      escaped(timeline.title), code_in_use());
  for (const Moment& moment : timeline.moments) {
    out +=
        fmt::format("<tr><td>{} UTC<br>{}</td><td{}>{}<br><span class=\"p\">{}</span></td></tr>\n", utc_text(moment.at_s),
                    escaped(local_text(moment.at_s, "%Y-%m-%d %H:%M:%S %Z")), moment.proof == Proof::wrong ? " class=\"w\"" : "",
                    escaped(moment.words), escaped(proof_words(moment.proof)));
  }
  out += "</table>\n";
  if (timeline.full) out += "<p>" + escaped(words().timeline_full()) + "</p>\n";
  return out + fmt::format("<p>{}</p><p>{}</p><p>{}</p>\n</body></html>\n", escaped(words().times_are()),
                           escaped(words().timeline_checked(timeline.checked, timeline.wrong)),
                           escaped(words().timeline_proves()));
}

}  // namespace vigil::client
