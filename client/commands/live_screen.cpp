#include "client/commands/live_screen.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "client/clock.hpp"
#include "client/printable.hpp"
#include "client/sorted.hpp"
#include "client/tell.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/secret_bytes.hpp"

namespace vigil::client::commands {
namespace {

constexpr std::size_t news_kept = 200;
constexpr std::size_t troubles_kept = 20;
constexpr std::uint64_t over_shown_s = 600;  // »all clear« stays in sight so long
constexpr std::chrono::milliseconds looks_every{100};

// What says yes to a question with one key.
std::string yes_letters() {
  return "y" + words().yes_short();
}

}  // namespace

LiveScreen::LiveScreen(asio::io_context& io, Account& account, Screen& screen, Listening& listening)
    : io_(io), account_(account), screen_(screen), listening_(listening) {
  screen_.divert([this](Screen::Kind kind, const std::string& sentence) { take(kind, sentence); });
}

LiveScreen::~LiveScreen() {
  screen_.divert({});
  wipe({reinterpret_cast<std::uint8_t*>(typed_.data()), typed_.size()});
}

void LiveScreen::take(Screen::Kind kind, const std::string& sentence) {
  changed_ = true;
  if (kind == Screen::Kind::bell) return terminal_.bell();
  if (kind == Screen::Kind::trouble && troubles_.size() < troubles_kept &&
      std::find(troubles_.begin(), troubles_.end(), sentence) == troubles_.end())
    troubles_.push_back(sentence);
  news_.push_back({.at_s = wall_s(), .text = sentence, .loud = kind != Screen::Kind::news});
  if (news_.size() > news_kept) news_.pop_front();
}

// ---- what is shown

std::vector<AlertState> LiveScreen::going_on() {
  const std::uint64_t now_s = wall_s();
  std::vector<AlertState> found = account_.alerts.all();
  std::erase_if(found, [&](const AlertState& alert) {
    const record::AlertRecord& record = alert.record();
    if (!record.has_alert() && !record.hers()) return true;
    return alert.over() && record.over_s() + over_shown_s < now_s;
  });
  // Forced ones first, then those that are on; all() has the newest first.
  sort_keeping_order(found, [](const AlertState& alert) { return alert.over() ? 2 : alert.record().forced() ? 0 : 1; });
  return found;
}

std::string LiveScreen::name_of(const AlertState& alert) {
  const auto person = e2ee::IdentityKey::from(view(alert.record().person()));
  return person ? account_.name_of(*person) : words().somebody();
}

ScreenModel LiveScreen::model() {
  ScreenModel model;
  model.now_s = wall_s();
  model.heard_s = listening_.heard_s();
  model.ringing = listening_.ringing();
  const auto called = [&](View identity) {
    const auto key = e2ee::IdentityKey::from(identity);
    return key ? account_.name_of(*key) : std::string();
  };
  for (const AlertState& alert : going_on()) {
    const auto& vigils = alert.record().vigils();
    const Rounds rounds = vigils.empty() ? Rounds{} : listening_.rounds_of(view(vigils[0].root()));
    // One that is over does not keep the screen from one that is on.
    if (id_of(alert) == chosen_ && !alert.over()) model.chosen = model.alerts.size();
    model.alerts.push_back(panel_of(alert, called, rounds, model.now_s, model.heard_s));
  }
  if (!model.alerts.empty()) chosen_ = model.alerts[model.chosen].alert_id;
  model.troubles = troubles_;
  model.people = watched_people(account_, model.now_s);
  model.news.assign(news_.begin(), news_.end());
  if (question_) {
    model.question = question_->words;
    model.typed = question_->secret ? std::string() : typed_;
  }
  return model;
}

asio::awaitable<void> LiveScreen::redraw() {
  asio::steady_timer timer(io_);
  std::uint64_t drawn_s = 0;
  std::pair<std::size_t, std::size_t> size{};
  for (;;) {
    const auto now = terminal_.size();
    if (changed_ || wall_s() != drawn_s || now != size) {
      changed_ = false;
      drawn_s = wall_s();
      size = now;
      terminal_.draw(render(model(), size.first, size.second), size.first);
    }
    timer.expires_after(looks_every);
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

void LiveScreen::suspend() {
  terminal_.leave();
  std::raise(SIGSTOP);
  terminal_.enter();
  changed_ = true;
}

// ---- keys

void LiveScreen::pressed(char byte) {
  if (const std::optional<Key> made = reader_.feed(byte)) key(*made);
}

void LiveScreen::key(const Key& key) {
  changed_ = true;
  listening_.key_pressed();
  if (!question_) troubles_.clear();
  if (question_) return typed(key);
  if (key.kind == Key::Kind::up) return choose(-1);
  if (key.kind == Key::Kind::down) return choose(1);
  if (const char letter = command_letter(key); letter != 0) command(letter);
}

void LiveScreen::typed(const Key& key) {
  const auto finish = [&](bool answered) {
    const Question question = std::move(*question_);
    question_.reset();
    std::string answer = std::exchange(typed_, {});
    if (answered) question.then(std::move(answer));
  };
  switch (key.kind) {
    case Key::Kind::cancel:
      return finish(false);
    case Key::Kind::enter:
      return finish(question_->letters.empty());
    case Key::Kind::erase:
      while (!typed_.empty() && (static_cast<unsigned char>(typed_.back()) & 0xC0) == 0x80) typed_.pop_back();
      if (!typed_.empty()) typed_.pop_back();
      return;
    case Key::Kind::up:
    case Key::Kind::down:
      return;
    case Key::Kind::text:
      break;
  }
  if (!question_->letters.empty()) {
    if (question_->letters.find(key.bytes) == std::string::npos) return finish(false);
    typed_ = key.bytes;
    return finish(true);
  }
  if (typed_.size() + key.bytes.size() <= question_->bytes_max) typed_ += key.bytes;
}

void LiveScreen::ask(Question question) {
  typed_.clear();
  question_ = std::move(question);
}

void LiveScreen::choose(int step) {
  const std::vector<AlertState> alerts = going_on();
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    if (id_of(alerts[i]) != chosen_) continue;
    const auto next = static_cast<std::ptrdiff_t>(i) + step;
    if (next >= 0 && next < static_cast<std::ptrdiff_t>(alerts.size())) chosen_ = id_of(alerts[static_cast<std::size_t>(next)]);
    return;
  }
}

std::optional<AlertState> LiveScreen::chosen() {
  return chosen_.empty() ? std::nullopt : account_.alerts.find(chosen_);
}

void LiveScreen::command(char letter) {
  if (letter == 'q') {
    return ask(
        {.words = words().ask_quit(), .letters = yes_letters(), .then = [this](const std::string&) { listening_.stop(); }});
  }
  const std::optional<AlertState> alert = chosen();
  if (!alert) return;
  if (alert->over()) {
    take(Screen::Kind::news, words().alert_over());
    return;
  }
  if (!alert->record().hers()) return on_alert(letter, *alert);
  if (letter == 'c') end_own(*alert);
}

void LiveScreen::on_alert(char letter, const AlertState& alert) {
  switch (letter) {
    case 'a':
      return begin(answer_alert(account_, screen_, alert, true));
    case 'g':
      return begin(answer_alert(account_, screen_, alert, false));
    case 'c':
      return ask({.words = words().ask_all_clear(name_of(alert)),
                  .letters = yes_letters(),
                  .then = [this, alert](const std::string&) { begin(close_alert(account_, screen_, alert, {})); }});
    case 'm':
      return ask_mark(alert);
    case 'n':
      return ask({.words = words().ask_note_to_others(), .bytes_max = note_bytes_max, .then = [this, alert](std::string note) {
                    if (!note.empty()) begin(note_alert(account_, screen_, alert, std::move(note)));
                  }});
    case 's':
      return ask({.words = words().ask_mute(name_of(alert)), .letters = yes_letters(), .then = [this, alert](const std::string&) {
                    begin(mute_person(account_, screen_, alert));
                  }});
    default:
      return;
  }
}

// What, where, how she knows: one question after another.
void LiveScreen::ask_mark(const AlertState& alert) {
  ask({.words = words().ask_mark_kind(), .letters = "123456", .then = [this, alert](std::string digit) {
         const auto kind = static_cast<content::Mark::Kind>(digit[0] - '0');
         ask({.words = words().ask_mark_where(), .bytes_max = mark_bytes_max, .then = [this, alert, kind](std::string where) {
                ask({.words = words().ask_mark_how(),
                     .bytes_max = mark_bytes_max,
                     .then = [this, alert, kind, where = std::move(where)](const std::string& how) {
                       content::Mark mark;
                       mark.set_kind(kind);
                       mark.set_where(valid_utf8(where));
                       mark.set_how(valid_utf8(how));
                       mark.set_at_s(wall_s());
                       begin(mark_alert(account_, screen_, alert, mark));
                     }});
              }});
       }});
}

// The PIN is asked again, and what it opens is shown to the relay: this screen knows as little as `vigil cancel` which it was.
void LiveScreen::end_own(const AlertState& alert) {
  ask({.words = words().ask_pin_again(),
       .secret = true,
       .bytes_max = 256,
       .then = [this, alert_id = id_of(alert)](std::string pin) {
         Outcome<std::unique_ptr<Account>> opened = Account::open(account_.home, view(pin));
         wipe({reinterpret_cast<std::uint8_t*>(pin.data()), pin.size()});
         if (!opened) {
           const Trouble trouble = trouble_of(opened.error(), account_.home.folder().string());
           return take(Screen::Kind::loud, trouble.words);
         }
         const auto end = [](Screen& screen, std::unique_ptr<Account> with, Bytes which) -> asio::awaitable<Exit> {
           const Exit code = co_await end_own_alert(*with, screen, std::move(which));
           co_return code;
         };
         begin(end(screen_, std::move(*opened), alert_id));
       }});
}

void LiveScreen::begin(asio::awaitable<Exit> action) {
  asio::co_spawn(io_, std::move(action), [this](const std::exception_ptr& failed, Exit) {
    changed_ = true;
    if (!failed) return;
    try {
      std::rethrow_exception(failed);
    } catch (const Stop& stop) {
      take(Screen::Kind::loud, stop.words);
    } catch (const Failed& why) {
      take(Screen::Kind::loud, trouble_of(why.why(), account_.home.folder().string()).words);
    } catch (const std::exception&) {
      take(Screen::Kind::loud, words().unexpected());
    }
  });
}

}  // namespace vigil::client::commands
