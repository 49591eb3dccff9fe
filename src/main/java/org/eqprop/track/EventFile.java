package org.eqprop.track;

import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.storage.Storage;

/**
 * A file of events for TensorBoard. Each event is in the file when its method returns.
 * TensorBoard's {@code event.proto} and {@code summary.proto} define the messages.
 */
final class EventFile {
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;

  /** Field of a summary. */
  private static final int VALUE = 1;

  /** Field of a value in a summary. */
  private static final int TAG = 1;

  /** Field of a value in a summary. */
  private static final int SIMPLE_VALUE = 2;

  /** Field of a session log. */
  private static final int STATUS = 1;

  /** Value of a session log's status. */
  private static final int START = 1;

  private final Storage storage;
  private final String location;

  /**
   * Starts the file with the version of its format and the start of a session, which makes
   * TensorBoard drop the same and later steps of earlier files in the folder.
   *
   * @param location of the file, which must not exist yet
   * @param step the first step that will be written
   * @throws InputException if the file cannot be written
   */
  EventFile(Storage storage, String location, long step, double seconds) {
    this.storage = storage;
    this.location = location;
    append(event(seconds).text(FILE_VERSION, "brain.Event:2"));
    append(
        event(seconds).whole(STEP, step).message(SESSION_LOG, new Protobuf().whole(STATUS, START)));
  }

  private static Protobuf event(double seconds) {
    return new Protobuf().number(WALL_TIME, seconds);
  }

  /**
   * Adds one value for each of several scalars.
   *
   * @param seconds since 1970
   * @param values by tag
   * @throws InputException if they cannot be written
   */
  void scalars(long step, double seconds, Map<String, Double> values) {
    Protobuf summary = new Protobuf();
    values.forEach(
        (tag, value) ->
            summary.message(
                VALUE, new Protobuf().text(TAG, tag).number(SIMPLE_VALUE, value.floatValue())));
    append(event(seconds).whole(STEP, step).message(SUMMARY, summary));
  }

  private void append(Protobuf event) {
    storage.append(location, EventRecord.of(event.toBytes()));
  }
}
