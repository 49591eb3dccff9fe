package org.eqprop.grid;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eqprop.base.InputException;
import org.jspecify.annotations.Nullable;

/**
 * Trains the points of a grid, as many at a time as there are cores. What a point becomes depends
 * on its configuration alone, and who continues at a rung on all results of the rung: so a search
 * repeats whatever order its points finish in.
 */
final class GridSearch {
  private static final long ENDING_SECONDS = 20;

  private final Grid grid;
  private final Rungs rungs;
  private final Objective objective;
  private final Budget budget;
  private final PointTrainer trainer;
  private final PointStore ledger;
  private final Listener listener;
  private final Map<Integer, PointResult> results;
  private final long begin = System.nanoTime();
  private long planned;
  private final Set<Integer> told = new HashSet<>();
  private final Set<Integer> recorded;
  private volatile boolean exhausted;
  private volatile boolean cancelled;

  /** Is told how the points go. Results come on the thread that runs the search. */
  interface Listener {
    /**
     * A point begins, or continues.
     *
     * @param before what it continues from
     */
    void started(Point point, PointResult before);

    /**
     * A point has come to a rung, or failed.
     *
     * @param rung epochs
     * @param earlier whether a former run of the grid had it already
     */
    void finished(Point point, PointResult result, int rung, boolean earlier);

    /**
     * A point goes no further, though there are further rungs.
     *
     * @param reason in a word or two
     */
    void stopped(Point point, String reason);
  }

  /**
   * @param trainer of a point; called on several threads
   * @param ledger to which results are added
   * @param earlier what is there already and not run again
   */
  GridSearch(
      Grid grid,
      Rungs rungs,
      Objective objective,
      Budget budget,
      PointTrainer trainer,
      PointStore ledger,
      Map<Integer, PointResult> earlier,
      Listener listener) {
    this.grid = grid;
    this.rungs = rungs;
    this.objective = objective;
    this.budget = budget;
    this.trainer = trainer;
    this.ledger = ledger;
    this.listener = listener;
    this.results = new TreeMap<>(earlier);
    this.recorded = ConcurrentHashMap.newKeySet();
    recorded.addAll(earlier.keySet());
  }

  /**
   * Runs what is left, and returns the furthest result of every point that has one.
   *
   * @param cores how many replicas train at a time
   */
  Map<Integer, PointResult> run(int cores) throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(Math.min(cores, grid.points().size()));
    Semaphore free = new Semaphore(cores, true);
    boolean done = false;
    try {
      List<Point> alive = grid.points();
      for (int rung = 0; rung < rungs.epochs().size() && !alive.isEmpty(); rung++) {
        List<Point> reached = toRung(pool, free, cores, alive, rung);
        if (reached.size() < alive.size()) {
          break;
        }
        alive = rung + 1 < rungs.epochs().size() ? survivors(alive, rung) : alive;
      }
      done = true;
    } finally {
      pool.shutdownNow();
      if (!done) {
        cancel();
        var unused = pool.awaitTermination(ENDING_SECONDS, TimeUnit.SECONDS);
      }
    }
    return results;
  }

  /** Makes the search end as soon as it can; what has been recorded stays. */
  void cancel() {
    cancelled = true;
    trainer.cancel();
  }

  /** Returns how many points have results that are recorded. */
  int recorded() {
    return recorded.size();
  }

  /** Returns whether the budget has kept points from beginning or continuing. */
  boolean exhausted() {
    return exhausted;
  }

  /** Returns those that the budget let come to the rung. */
  private List<Point> toRung(
      ExecutorService pool, Semaphore free, int cores, List<Point> alive, int rung)
      throws InterruptedException {
    ExecutorCompletionService<@Nullable TrainedPoint> running =
        new ExecutorCompletionService<>(pool);
    int epochs = rungs.epochs().get(rung);
    int before = rung == 0 ? 0 : rungs.epochs().get(rung - 1);
    List<Point> reached = new ArrayList<>();
    int submitted = 0;
    for (Point point : alive) {
      int target = Math.min(epochs, point.epochs());
      // By plan, not by what was trained: so the budget ends at the same point when resumed.
      planned += target - Math.min(before, point.epochs());
      PointResult start = results.getOrDefault(point.index(), PointResult.beginning(point.index()));
      if (start.settled(target)) {
        if (told.add(point.index())) {
          listener.finished(point, start, target, true);
        }
        reached.add(point);
      } else if (budget.affords(planned)) {
        running.submit(() -> train(free, cores, point, target, start));
        submitted++;
      } else {
        exhausted = true;
        listener.stopped(point, "budget");
      }
    }
    for (; submitted > 0; submitted--) {
      TrainedPoint trained = take(running);
      if (trained != null) {
        Point point = grid.points().get(trained.result().point());
        record(point, trained, Math.min(epochs, point.epochs()));
        reached.add(point);
      }
    }
    return reached;
  }

  private @Nullable TrainedPoint train(
      Semaphore free, int cores, Point point, int epochs, PointResult before)
      throws InterruptedException {
    int needed = Math.min(cores, point.replicas());
    free.acquire(needed);
    try {
      if (cancelled) {
        throw new CancellationException();
      }
      if (!budget.affordsAfter((System.nanoTime() - begin) / 1e9)) {
        exhausted = true;
        listener.stopped(point, "budget");
        return null;
      }
      listener.started(point, before);
      return train(point, epochs, before);
    } finally {
      free.release(needed);
    }
  }

  /** Whatever goes wrong with a point is that point's failure. */
  private TrainedPoint train(Point point, int epochs, PointResult before) {
    TrainedPoint start = start(point, before);
    try {
      return trainer.train(point, epochs, start);
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      return start.failed(InputException.reason(e), false);
    }
  }

  private TrainedPoint start(Point point, PointResult before) {
    if (before.epochs() > 0) {
      try {
        return ledger.read(point);
      } catch (InputException e) {
        return TrainedPoint.beginning(point); // damaged since it was written
      }
    }
    return TrainedPoint.beginning(point);
  }

  private @Nullable TrainedPoint take(ExecutorCompletionService<@Nullable TrainedPoint> running)
      throws InterruptedException {
    try {
      TrainedPoint trained = running.take().get();
      if (cancelled) { // it may have failed for that
        throw new CancellationException();
      }
      return trained;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    }
  }

  /** What would not repeat is not recorded, and so tried again when the grid is resumed. */
  private void record(Point point, TrainedPoint trained, int rung) {
    PointResult result = trained.result();
    if (result.failure() == null || result.failure().lasting()) {
      write(point, trained);
      recorded.add(point.index());
    }
    results.put(point.index(), result);
    told.add(point.index());
    listener.finished(point, result, rung, false);
  }

  /** A file system may be busy for a moment; where it stays so nothing can be kept. */
  private void write(Point point, TrainedPoint trained) {
    try {
      ledger.record(point, trained);
    } catch (InputException e) {
      ledger.record(point, trained);
    }
  }

  private List<Point> survivors(List<Point> alive, int rung) {
    int epochs = rungs.epochs().get(rung);
    Map<Integer, List<Double>> values = new TreeMap<>();
    for (Point point : alive) {
      PointResult result = results.get(point.index());
      values
          .computeIfAbsent(point.setting(), s -> new ArrayList<>())
          .add(result == null ? Double.POSITIVE_INFINITY : result.valueAt(objective, epochs));
    }
    Map<Integer, Double> means = new TreeMap<>();
    values.forEach((setting, of) -> means.put(setting, Summary.mean(of)));
    List<Integer> survivors = rungs.survivors(means);
    List<Point> left = new ArrayList<>();
    for (Point point : alive) {
      if (survivors.contains(point.setting())) {
        left.add(point);
      } else {
        listener.stopped(point, "stopped");
      }
    }
    return left;
  }
}
