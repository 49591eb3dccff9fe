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
 * Trains the points of a grid, as many at a time as there are cores. A point's result depends only
 * on its configuration, and which points continue at a rung depends on all results of that rung. So
 * a search is reproducible, in whatever order its points finish.
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

  /** Gets notified about the points. Results arrive on the thread that runs the search. */
  interface Listener {
    /**
     * Called when a point starts or continues.
     *
     * @param before the result that it continues from
     */
    void started(Point point, PointResult before);

    /**
     * Called when a point has reached a rung, or has failed.
     *
     * @param rung number of epochs at the rung
     * @param earlier whether the result is from an earlier run of the grid
     */
    void finished(Point point, PointResult result, int rung, boolean earlier);

    /**
     * Called when a point stops although there are further rungs.
     *
     * @param reason in one or two words
     */
    void stopped(Point point, String reason);
  }

  /**
   * @param trainer trains a point; called on several threads
   * @param ledger where results are recorded
   * @param earlier existing results, which are not computed again
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
   * Trains the remaining points, and returns the latest result of every point that has one.
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

  /** Stops the search as soon as possible. Recorded results are kept. */
  void cancel() {
    cancelled = true;
    trainer.cancel();
  }

  /** Returns how many points have recorded results. */
  int recorded() {
    return recorded.size();
  }

  /** Returns whether the budget has kept points from starting or continuing. */
  boolean exhausted() {
    return exhausted;
  }

  /** Trains points to a rung, and returns those that reached it within the budget. */
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
      // Counts planned epochs, not trained ones, so that a resumed search stops at the same point.
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

  /** Trains a point; any error counts as a failure of this point only. */
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
        return TrainedPoint.beginning(point); // the file has been damaged since it was written
      }
    }
    return TrainedPoint.beginning(point);
  }

  private @Nullable TrainedPoint take(ExecutorCompletionService<@Nullable TrainedPoint> running)
      throws InterruptedException {
    try {
      TrainedPoint trained = running.take().get();
      if (cancelled) { // it may have failed because of that
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

  /** Records a result. A transient failure is not saved, so that resuming the grid retries it. */
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

  /** Saves a result. Tries twice, since a file system may be busy for a moment. */
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
