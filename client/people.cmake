# The upper half: what people do with it. Contacts, meetings, alerts and their states, screens and words; then the command itself.
add_custom_command(
  OUTPUT ${generated}/client/alert_record.pb.cc ${generated}/client/alert_record.pb.h
  COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}/client
  COMMAND protobuf::protoc --cpp_out=${generated} --proto_path=${CMAKE_SOURCE_DIR} client/alert_record.proto
  DEPENDS alert_record.proto
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_library(vigil_client_record STATIC ${generated}/client/alert_record.pb.cc)
target_include_directories(vigil_client_record SYSTEM PUBLIC ${generated})
target_compile_options(vigil_client_record PRIVATE -w)
target_compile_features(vigil_client_record PUBLIC cxx_std_23)
target_link_libraries(vigil_client_record PUBLIC vigil_proto_content vigil_proto_wire protobuf::libprotobuf-lite)

vigil_room(vigil_client
  SOURCES
    words/language.cpp words/units.cpp words/state.cpp words/alert.cpp words/people.cpp words/consent.cpp words/ready.cpp
    words/watch.cpp words/screen.cpp words/timeline.cpp words/listening.cpp words/en/catalog.cpp
    words/ru/catalog.cpp words/kk/catalog.cpp
    hours.cpp printable.cpp json_events.cpp clock.cpp screen.cpp terminal.cpp fixes.cpp qr.cpp
    card.cpp meetings.cpp account.cpp alert_state.cpp alert_view.cpp alert_book.cpp
    news.cpp news_responders.cpp news_watch.cpp consent.cpp plans.cpp readiness.cpp readying.cpp
    screen_model.cpp render.cpp full_screen.cpp timeline.cpp tell.cpp
    mail.cpp mailbox.cpp inbox.cpp inbox_vigils.cpp inbox_watch.cpp running.cpp answering.cpp newer_routes.cpp telling.cpp
    upkeep.cpp listening.cpp listening_states.cpp listening_watch.cpp
    geo.cpp fix_feed.cpp checkin.cpp watches.cpp places.cpp sharing.cpp
  LINKS vigil_client_core vigil_client_record vigil_proto_content vigil_crypto_base fmt::fmt
  PRIVATE_LINKS PkgConfig::QRENCODE)

vigil_program(vigil
  SOURCES
    main.cpp commands/command.cpp commands/join.cpp commands/meeting.cpp commands/card.cpp commands/meet.cpp
    commands/contacts.cpp commands/people.cpp commands/ask.cpp commands/duty.cpp commands/plan.cpp commands/ready.cpp
    commands/drill.cpp commands/tiers.cpp commands/send.cpp
    commands/alert.cpp commands/cancel.cpp commands/which_alert.cpp commands/answer.cpp commands/all_clear.cpp
    commands/listen.cpp commands/live_screen.cpp commands/timeline.cpp commands/tell.cpp commands/status.cpp
    commands/withdraw.cpp commands/fix_options.cpp commands/checkin.cpp commands/share.cpp commands/where.cpp
  LINKS vigil_client CLI11::CLI11)
