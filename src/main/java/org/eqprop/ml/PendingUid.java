package org.eqprop.ml;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The identifiers of stages that are being constructed. Spark's constructors create parameters,
 * which ask their stage for its identifier, before a field of the stage can hold it.
 */
final class PendingUid {
  private static final ThreadLocal<Deque<String>> PENDING =
      ThreadLocal.withInitial(ArrayDeque::new);

  private PendingUid() {}

  /** Takes the identifier of a stage whose construction begins, and returns it. */
  static String begin(String uid) {
    PENDING.get().push(uid);
    return uid;
  }

  /** Returns the identifier of a stage: its own, or before that is set the one last begun. */
  static String of(@Nullable String own) {
    return own == null ? String.valueOf(PENDING.get().peek()) : own;
  }

  /** Ends the construction that began last. */
  static void end() {
    PENDING.get().pop();
  }
}
