package org.eqprop.grid;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eqprop.report.GuardedStderr;
import org.jspecify.annotations.Nullable;

/**
 * The current state of the grid, redrawn in place on a terminal: the best points, and the running
 * ones. Without a terminal, it prints one line per result.
 */
final class LiveTable implements GridSearch.Listener, AutoCloseable {
  private static final long MILLIS = 500;
  private static final int BEST = 10;
  private static final int RUNNING = 6;
  private static final String NO_WRAP = "\033[?7l";
  private static final String WRAP = "\033[?7h";
  private static final String CLEAR_BELOW = "\033[J";

  private final Grid grid;
  private final Objective objective;
  private final GridProgress meters;
  private final long epochs;
  private final PrintStream out;
  private final @Nullable ScheduledExecutorService timer;
  private final @Nullable GuardedStderr guard;
  private final Map<Integer, Entry> entries = new TreeMap<>();
  private final long begin = System.nanoTime();
  private final double earlierEpochs;
  private int drawn;
  private boolean ended;

  /** The latest result and the state of a point. */
  private record Entry(Point point, PointResult result, String state) {}

  /**
   * @param meters progress of the running points
   * @param epochs number of epochs that the whole search trains
   * @param earlier results of earlier runs
   * @param out where lines are printed
   * @param terminal where the table is drawn; null if output is not to a terminal
   */
  LiveTable(
      Grid grid,
      Objective objective,
      GridProgress meters,
      long epochs,
      Map<Integer, PointResult> earlier,
      PrintStream out,
      @Nullable PrintStream terminal) {
    this.grid = grid;
    this.objective = objective;
    this.meters = meters;
    this.epochs = epochs;
    this.out = terminal != null ? terminal : out;
    this.earlierEpochs = earlier.values().stream().mapToInt(PointResult::epochs).sum();
    for (Point point : grid.points()) {
      entries.put(
          point.index(),
          new Entry(
              point,
              earlier.getOrDefault(point.index(), PointResult.beginning(point.index())),
              "waiting"));
    }
    this.timer = terminal == null ? null : timer();
    this.guard = terminal == null ? null : GuardedStderr.install(terminal, this, this::erase);
  }

  private ScheduledExecutorService timer() {
    ScheduledExecutorService executor =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "table");
              thread.setDaemon(true);
              return thread;
            });
    var unused = executor.scheduleAtFixedRate(this::draw, MILLIS, MILLIS, TimeUnit.MILLISECONDS);
    return executor;
  }

  @Override
  public synchronized void started(Point point, PointResult before) {
    entries.put(point.index(), new Entry(point, before, "running"));
  }

  @Override
  public synchronized void stopped(Point point, String reason) {
    Entry entry = java.util.Objects.requireNonNull(entries.get(point.index()));
    entries.put(point.index(), new Entry(point, entry.result, reason));
  }

  @Override
  public synchronized void finished(Point point, PointResult result, int rung, boolean earlier) {
    boolean done = result.failure() == null && result.epochs() >= point.epochs();
    String state = result.failure() != null ? "failed" : done ? "done" : "rung " + rung;
    entries.put(point.index(), new Entry(point, result, state));
    if (timer == null) {
      out.println(line(point, result, earlier));
    }
  }

  private String line(Point point, PointResult result, boolean earlier) {
    String shown =
        result.failure() != null
            ? "failed: " + result.failure().reason()
            : objective.title()
                + " "
                + objective.shown(result.value(objective))
                + objective.unit()
                + String.format(Locale.ROOT, "  %.1f s", result.seconds());
    return String.format(
        Locale.ROOT,
        "point %d of %d  %s  seed %d  epoch %d  %s%s",
        point.index() + 1,
        grid.points().size(),
        grid.label(point),
        point.seed(),
        result.epochs(),
        shown,
        earlier ? "  (from an earlier run)" : "");
  }

  /** Returns the readings of all points, taken once, since the meters keep changing. */
  private Map<Integer, GridProgress.Reading> readings() {
    Map<Integer, GridProgress.Reading> readings = new HashMap<>();
    entries.forEach((index, entry) -> readings.put(index, reading(entry)));
    return readings;
  }

  private static GridProgress.Reading of(Map<Integer, GridProgress.Reading> readings, Entry entry) {
    return java.util.Objects.requireNonNull(readings.get(entry.point.index()));
  }

  private GridProgress.Reading reading(Entry entry) {
    GridProgress.Reading live = meters.now(entry.point.index());
    return entry.state.equals("running") && live != null
        ? live
        : new GridProgress.Reading(entry.result.epochs(), entry.result.value(objective));
  }

  private void draw() {
    try {
      drawNow();
    } catch (RuntimeException e) {
      out.println("the table cannot be drawn: " + e);
    }
  }

  /** Erases the table, so that others can print; it is next drawn below their output. */
  private synchronized void erase() {
    if (drawn > 0 && !ended) {
      out.print("\033[" + drawn + "A\r" + CLEAR_BELOW);
      out.flush();
    }
    drawn = 0;
  }

  private synchronized void drawNow() {
    if (ended) {
      return;
    }
    Map<Integer, GridProgress.Reading> now = readings();
    List<String> lines = new ArrayList<>(List.of(status(now), ""));
    lines.addAll(table(now));
    StringBuilder frame = new StringBuilder(NO_WRAP);
    if (drawn > 0) {
      frame.append("\033[").append(drawn).append("A\r");
    }
    frame.append(CLEAR_BELOW);
    lines.forEach(line -> frame.append(line).append('\n'));
    out.print(frame.append(WRAP));
    out.flush();
    drawn = lines.size();
  }

  /** Returns the first line: how many points are in each state, and the estimated time left. */
  private String status(Map<Integer, GridProgress.Reading> now) {
    Map<String, Integer> counts = new TreeMap<>();
    double trained = -earlierEpochs;
    for (Entry entry : entries.values()) {
      counts.merge(entry.state.startsWith("rung") ? "waiting" : entry.state, 1, Integer::sum);
      trained += of(now, entry).epochs();
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    StringBuilder status = new StringBuilder(grid.points().size() + " points");
    for (String state : List.of("done", "running", "waiting", "stopped", "failed", "budget")) {
      if (counts.containsKey(state)) {
        status.append(", ").append(counts.get(state)).append(' ').append(state);
      }
    }
    status.append("   ").append(clock(seconds));
    if (trained > 0) {
      double left = seconds * (epochs - earlierEpochs - trained) / trained;
      status.append(", about ").append(clock(Math.max(0, left))).append(" left");
    }
    return status.toString();
  }

  private static String clock(double seconds) {
    long whole = Math.round(seconds);
    return String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
  }

  /** Returns the best points and the running ones, with their ranks among all. */
  private List<String> table(Map<Integer, GridProgress.Reading> now) {
    List<Entry> ranked =
        entries.values().stream()
            .filter(entry -> !entry.state.equals("waiting") && !entry.state.equals("budget"))
            .sorted(
                Comparator.comparing((Entry entry) -> entry.state.equals("failed"))
                    .thenComparingDouble(entry -> of(now, entry).value())
                    .thenComparing(Comparator.comparingDouble(e -> -of(now, e).epochs())))
            .toList();
    List<String> headings = new ArrayList<>(List.of("rank", "point", objective.title(), "epochs"));
    headings.add("seed");
    headings.add("state");
    grid.keys().forEach(key -> headings.add(grid.name(key)));
    GridTable table = new GridTable(5, headings);
    int running = 0;
    for (int rank = 0; rank < ranked.size(); rank++) {
      Entry entry = ranked.get(rank);
      boolean runs = entry.state.equals("running");
      if (rank < BEST || (runs && running < RUNNING)) {
        table.add(cells(rank + 1, entry, of(now, entry)));
        running += rank >= BEST ? 1 : 0;
      }
    }
    return table.lines();
  }

  private List<String> cells(int rank, Entry entry, GridProgress.Reading reading) {
    List<String> cells = new ArrayList<>();
    cells.add(String.valueOf(rank));
    cells.add(String.valueOf(entry.point.index() + 1));
    cells.add(
        Double.isFinite(reading.value())
            ? objective.shown(reading.value()) + objective.unit()
            : "–");
    cells.add(String.format(Locale.ROOT, "%.1f/%d", reading.epochs(), entry.point.epochs()));
    cells.add(String.valueOf(entry.point.seed()));
    cells.add(entry.state);
    grid.keys().forEach(key -> cells.add(entry.point.values().getOrDefault(key, "")));
    return cells;
  }

  /** Stops drawing; the last table stays on the terminal. */
  synchronized void end() {
    ended = true;
  }

  /** Draws the final state, which stays on the terminal. */
  @Override
  public void close() {
    if (timer != null) {
      timer.shutdownNow();
      draw();
    }
    if (guard != null) {
      guard.close();
    }
    end();
  }
}
