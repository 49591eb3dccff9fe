package org.eqprop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs the same task in several threads at the same moment. */
public final class Together {
  private Together() {}

  /** Returns the results of {@code count} threads that all start a task together. */
  public static <T> List<T> run(int count, Callable<T> task) throws Exception {
    CyclicBarrier together = new CyclicBarrier(count);
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<Callable<T>> tasks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        tasks.add(
            () -> {
              together.await();
              return task.call();
            });
      }
      List<T> results = new ArrayList<>();
      for (Future<T> result : threads.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    } finally {
      threads.shutdown();
    }
  }
}
