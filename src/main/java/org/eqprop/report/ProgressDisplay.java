package org.eqprop.report;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.eqprop.spark.Progress;
import org.jspecify.annotations.Nullable;

/** The progress of the current epoch: a live bar on a terminal, otherwise a line every 10 s. */
public final class ProgressDisplay {
  private static final String ERASE_LINE = "\r\033[K";
  private static final long BAR_MILLIS = 500;
  private static final long LINE_MILLIS = 10_000;

  private final PrintStream out;
  private final boolean terminal;
  private final long batches;
  private final Object drawing = new Object();
  private @Nullable ScheduledExecutorService timer;
  private @Nullable ProgressBar bar;
  private @Nullable GuardedStderr guard;
  private @Nullable Progress progress;
  private String label = "";
  private long begin;

  /**
   * @param out for lines; the bar goes to standard error
   * @param terminal whether the output goes to a terminal
   * @param batches per epoch, over all partitions
   */
  public ProgressDisplay(PrintStream out, boolean terminal, long batches) {
    this.out = out;
    this.terminal = terminal;
    this.batches = batches;
  }

  /** Starts showing the progress of an epoch. */
  synchronized void begin(String epochLabel, Progress source) {
    label = epochLabel;
    progress = source;
    begin = System.nanoTime();
    if (terminal) {
      PrintStream err = System.err;
      guard =
          GuardedStderr.install(
              err,
              drawing,
              () -> {
                err.print(ERASE_LINE);
                err.flush();
              });
      bar =
          new ProgressBarBuilder()
              .setTaskName(epochLabel)
              .setInitialMax(batches)
              .setUnit(" batches", 1)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis((int) BAR_MILLIS)
              .clearDisplayOnFinish()
              .setConsumer(
                  new ConsoleProgressBarConsumer(err, TerminalWidth.columns()) {
                    @Override
                    public void accept(String rendered) {
                      synchronized (drawing) {
                        super.accept(rendered);
                      }
                    }
                  })
              .build();
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
    if (bar != null) {
      bar.close();
      bar = null;
    }
    if (guard != null) {
      guard.close();
      guard = null;
    }
    progress = null;
  }

  private synchronized void show() {
    if (progress == null) {
      return;
    }
    Progress.Count now = progress.now();
    double seconds = (System.nanoTime() - begin) / 1e9;
    boolean evaluating = now.batches() >= batches;
    if (now.images() == 0 || (evaluating && bar == null)) {
      return;
    }
    String state =
        String.format(
            Locale.ROOT,
            "training error %.2f %%, %,.0f images/s",
            100.0 * now.errors() / now.images(),
            now.images() / seconds);
    if (bar != null) {
      bar.stepTo(Math.min(now.batches(), batches));
      bar.setExtraMessage(" " + state);
    } else {
      double left = seconds * (batches - now.batches()) / Math.max(1, now.batches());
      out.printf(
          Locale.ROOT,
          "%s: %,d of %,d batches, %s, %.0f s left%n",
          label,
          now.batches(),
          batches,
          state,
          Math.max(0, left));
    }
  }
}
