package org.eqprop.report;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.eqprop.run.Metric;
import org.eqprop.spark.Progress;
import org.jspecify.annotations.Nullable;

/** The progress of the current epoch: a live bar on a terminal, otherwise a line every 10 s. */
public final class ProgressDisplay {
  private static final String ERASE_LINE = "\r\033[K";
  private static final long BAR_MILLIS = 500;
  private static final long LINE_MILLIS = 10_000;
  private static final int SHORTEST_BAR = 8;
  private static final int LONGEST_BAR = 40;

  private final PrintStream out;
  private final boolean terminal;
  private final IntSupplier columns;
  private final long batches;
  private final Object drawing = new Object();
  private @Nullable ScheduledExecutorService timer;
  private @Nullable PrintStream err;
  private @Nullable GuardedStderr guard;
  private @Nullable Progress progress;
  private String label = "";
  private int width;
  private long begin;

  /**
   * @param out for lines; the bar goes to standard error
   * @param terminal whether the output goes to a terminal
   * @param batches per epoch, over all partitions
   */
  public ProgressDisplay(PrintStream out, boolean terminal, long batches) {
    this(out, terminal, terminal ? TerminalWidth::columns : () -> Integer.MAX_VALUE, batches);
  }

  ProgressDisplay(PrintStream out, boolean terminal, IntSupplier columns, long batches) {
    this.out = out;
    this.terminal = terminal;
    this.columns = columns;
    this.batches = batches;
    this.width = columns.getAsInt();
  }

  /** Returns how many columns a line may fill, as measured when the last epoch began. */
  int columns() {
    return width;
  }

  /** Starts showing the progress of an epoch. */
  synchronized void begin(String epochLabel, Progress source) {
    label = epochLabel;
    progress = source;
    width = columns.getAsInt();
    begin = System.nanoTime();
    if (terminal) {
      PrintStream original = System.err;
      err = original;
      guard = GuardedStderr.install(original, drawing, () -> draw(original, ""));
    }
    ScheduledExecutorService executor =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "progress");
              thread.setDaemon(true);
              return thread;
            });
    long period = terminal ? BAR_MILLIS : LINE_MILLIS;
    var unused = executor.scheduleAtFixedRate(this::show, period, period, TimeUnit.MILLISECONDS);
    timer = executor;
  }

  /** Stops showing progress; does nothing if none is shown. */
  public synchronized void end() {
    if (timer != null) {
      timer.shutdownNow();
      timer = null;
    }
    if (err != null) {
      draw(err, "");
      err = null;
    }
    if (guard != null) {
      guard.close();
      guard = null;
    }
    progress = null;
  }

  /** Replaces the line on the terminal. */
  private void draw(PrintStream stream, String line) {
    synchronized (drawing) {
      stream.print(ERASE_LINE + line);
      stream.flush();
    }
  }

  private synchronized void show() {
    if (progress == null) {
      return;
    }
    Progress.Count now = progress.now();
    double seconds = (System.nanoTime() - begin) / 1e9;
    if (err != null) {
      draw(err, bar(now, seconds));
    } else if (now.images() > 0 && now.batches() < batches) {
      out.printf(
          Locale.ROOT,
          "%s: %,d of %,d batches, training error %s, %s, %.0f s left in this epoch%n",
          label,
          now.batches(),
          batches,
          error(now),
          speed(now, seconds),
          left(now, seconds));
    }
  }

  private static String error(Progress.Count now) {
    return Metric.percent((double) now.errors() / now.images());
  }

  private static String speed(Progress.Count now, double seconds) {
    return String.format(Locale.ROOT, "%,.0f images/s", now.images() / seconds);
  }

  /** Returns the seconds until the last batch. */
  private double left(Progress.Count now, double seconds) {
    return Math.max(0, seconds * (batches - now.batches()) / Math.max(1, now.batches()));
  }

  /**
   * Returns the line of a bar, no longer than the terminal is wide: without the speed, and then
   * without the error, where they leave no room for the bar.
   */
  private String bar(Progress.Count now, double seconds) {
    long done = Math.min(now.batches(), batches);
    String before =
        String.format(Locale.ROOT, "%s %3d %% [", label, 100 * done / Math.max(1, batches));
    String after = String.format(Locale.ROOT, "] %d/%d batches", done, batches);
    if (now.images() > 0) {
      String time = String.format(Locale.ROOT, ", %.0f s left", left(now, seconds));
      for (String more : new String[] {time, ", train " + error(now), ", " + speed(now, seconds)}) {
        if (before.length() + SHORTEST_BAR + after.length() + more.length() <= width) {
          after += more;
        }
      }
    }
    int length = Math.min(LONGEST_BAR, width - before.length() - after.length());
    if (length < SHORTEST_BAR) {
      return before.replace(" [", "");
    }
    int filled = (int) (length * done / Math.max(1, batches));
    return before + "=".repeat(filled) + " ".repeat(length - filled) + after;
  }
}
