package org.eqprop.ml;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The identifiers of stages that are being constructed. Spark's constructors create parameters,
 * which ask their stage for its identifier before the stage's own field is set.
 */
final class PendingUid {
  private static final ThreadLocal<Deque<String>> PENDING =
      ThreadLocal.withInitial(ArrayDeque::new);

  private PendingUid() {}

  /** Registers the identifier of a stage whose construction starts, and returns it. */
  static String begin(String uid) {
    PENDING.get().push(uid);
    return uid;
  }

  /** Returns a stage's own identifier or, before that is set, the one registered last. */
  static String of(@Nullable String own) {
    return own == null ? String.valueOf(PENDING.get().peek()) : own;
  }

  /** Ends the construction that started last. */
  static void end() {
    PENDING.get().pop();
  }
}
