// The full screen of `vigil listen`: out of the account and what listening says, redrawn once a second and at news; keys do what
// the commands of the same names do. One thread, the io_context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>

#include "client/commands/command.hpp"
#include "client/full_screen.hpp"
#include "client/listening.hpp"

namespace vigil::client::commands {

class LiveScreen {
 public:
  LiveScreen(asio::io_context& io, Account& account, Screen& screen, Listening& listening);
  ~LiveScreen();
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  asio::awaitable<void> redraw();  // for ever
  void pressed(char byte);
  void suspend();  // Ctrl-Z: gives the terminal back, stops, and takes it again

 private:
  // A question that waits at the bottom; what is typed goes to 'then' when Enter (or one of 'letters') is pressed.
  struct Question {
    std::string words{};
    std::string letters{};
    bool secret = false;
    std::size_t bytes_max = 0;
    std::function<void(std::string)> then{};
  };

  void key(const Key& key);
  void typed(const Key& key);
  void command(char letter);
  void on_alert(char letter, const AlertState& alert);
  void ask_mark(const AlertState& alert);
  void choose(int step);
  void ask(Question question);
  void begin(asio::awaitable<Exit> action);
  void end_own(const AlertState& alert);
  void take(Screen::Kind kind, const std::string& sentence);
  ScreenModel model();
  std::vector<AlertState> going_on();
  std::optional<AlertState> chosen();
  std::string name_of(const AlertState& alert);

  asio::io_context& io_;
  Account& account_;
  Screen& screen_;
  Listening& listening_;
  FullScreen terminal_;
  KeyReader reader_;
  std::deque<NewsLine> news_;
  std::vector<std::string> troubles_;
  Bytes chosen_;
  std::optional<Question> question_;
  std::string typed_;
  bool changed_ = true;
};

}  // namespace vigil::client::commands
