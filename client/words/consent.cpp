#include "client/words/consent.hpp"

namespace vigil::client::catalog {

std::string ConsentWords::asks_you(std::string_view name, bool lawyer) const {
  return lawyer ? asks_you_as_lawyer(name) : asks_you_as_responder(name);
}

std::string ConsentWords::is_off_duty(std::string_view name, std::string_view until) const {
  return until.empty() ? off_duty_now(name) : off_duty_until(name, until);
}

std::string ConsentWords::you_are_off_duty(std::string_view until) const {
  return until.empty() ? you_are_off_duty_now() : you_are_off_duty_until(until);
}

std::string ConsentWords::duty_off(std::string_view until) const {
  return until.empty() ? duty_off_now() : duty_off_until(until);
}

}  // namespace vigil::client::catalog
