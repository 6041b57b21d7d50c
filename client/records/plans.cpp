#include "client/records/plans.hpp"

#include "crypto/base/encoding.hpp"

namespace vigil::client {

void PlanRecords::sent(ContactId to, View plan_id, const ContentId& content, std::uint64_t now_s) {
  Container::Transaction step(container_);
  container_.query("INSERT OR REPLACE INTO plans_sent (contact, plan_id, content_id, sent_s, arrived_s) VALUES (?, ?, ?, ?, 0)")
      .bind(static_cast<std::int64_t>(to))
      .bind(plan_id)
      .bind(content.view())
      .bind(now_s)
      .run();
  step.commit();
}

void PlanRecords::arrived(const ContentId& content, ContactId to, std::uint64_t now_s) {
  Container::Transaction step(container_);
  container_.query("UPDATE plans_sent SET arrived_s = ? WHERE contact = ? AND content_id = ? AND arrived_s = 0")
      .bind(now_s)
      .bind(static_cast<std::int64_t>(to))
      .bind(content.view())
      .run();
  step.commit();
}

std::optional<PlanRecords::Sent> PlanRecords::sent_to(ContactId to) {
  Query found = container_.query("SELECT plan_id, sent_s, arrived_s FROM plans_sent WHERE contact = ?");
  found.bind(static_cast<std::int64_t>(to));
  if (!found.row()) return std::nullopt;
  const View id = found.blob(0);
  return Sent{.plan_id = Bytes(id.begin(), id.end()), .sent_s = found.count(1), .arrived_s = found.count(2)};
}

void PlanRecords::hold(ContactId person, const content::SealedPlan& plan, std::uint64_t now_s) {
  Container::Transaction step(container_);
  const auto contact = static_cast<std::int64_t>(person);
  container_.query("DELETE FROM plans_held WHERE contact = ? AND plan_id = ?").bind(contact).bind(view(plan.plan_id())).run();
  container_.query("INSERT INTO plans_held (contact, plan_id, sealed, came_s) VALUES (?, ?, ?, ?)")
      .bind(contact)
      .bind(view(plan.plan_id()))
      .bind(view(plan.sealed()))
      .bind(now_s)
      .run();
  container_
      .query(
          "DELETE FROM plans_held WHERE contact = ? AND row NOT IN (SELECT row FROM plans_held WHERE contact = ? ORDER BY row "
          "DESC LIMIT ?)")
      .bind(contact)
      .bind(contact)
      .bind(held_plans_max)
      .run();
  step.commit();
}

std::optional<content::SealedPlan> PlanRecords::held(ContactId person, View plan_id) {
  Query found = container_.query("SELECT sealed FROM plans_held WHERE contact = ? AND plan_id = ?");
  found.bind(static_cast<std::int64_t>(person)).bind(plan_id);
  if (!found.row()) return std::nullopt;
  content::SealedPlan plan;
  plan.set_plan_id(std::string(text(plan_id)));
  plan.set_sealed(found.text(0));
  return plan;
}

bool PlanRecords::wait(ContactId person, const PublicKey& root, const wire::Delivery& delivery, std::uint64_t now_s) {
  Container::Transaction step(container_);
  const auto contact = static_cast<std::int64_t>(person);
  {
    Query count = container_.query("SELECT count(*) FROM waiting_copies WHERE contact = ?");
    count.bind(contact);
    if (count.row() && count.number(0) >= waiting_copies_max) return false;
  }
  const std::string whole = delivery.SerializeAsString();
  container_.query("INSERT OR IGNORE INTO waiting_copies (copy_id, contact, root, delivery, came_s) VALUES (?, ?, ?, ?, ?)")
      .bind(view(delivery.copy_id()))
      .bind(contact)
      .bind(root.view())
      .bind(view(whole))
      .bind(now_s)
      .run();
  step.commit();
  return true;
}

std::vector<PlanRecords::Waiting> PlanRecords::take_waiting(ContactId person) {
  Container::Transaction step(container_);
  std::vector<Waiting> out;
  {
    Query found = container_.query("SELECT root, delivery FROM waiting_copies WHERE contact = ? ORDER BY came_s, row");
    found.bind(static_cast<std::int64_t>(person));
    while (found.row()) {
      Waiting& one = out.emplace_back();
      one.root = found.id<PublicKey>(0);
      if (!one.delivery.ParseFromString(found.text(1))) throw Failed(Fault::damaged);
    }
  }
  container_.query("DELETE FROM waiting_copies WHERE contact = ?").bind(static_cast<std::int64_t>(person)).run();
  step.commit();
  return out;
}

void PlanRecords::forget_old(std::uint64_t now_s) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM waiting_copies WHERE came_s < ?").bind(now_s > content_kept_s ? now_s - content_kept_s : 0).run();
  step.commit();
}

}  // namespace vigil::client
