package org.eqprop.report;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard error while something is drawn on the terminal: before others print a line there, what
 * is drawn is erased, so that neither garbles the other. It is drawn again below.
 */
public final class GuardedErr implements AutoCloseable {
  private final PrintStream terminal;
  private final PrintStream guarded;

  private GuardedErr(PrintStream terminal, Object drawing, Runnable erase) {
    this.terminal = terminal;
    this.guarded =
        new PrintStream(new Guard(terminal, drawing, erase), true, StandardCharsets.UTF_8);
  }

  /**
   * Puts itself in place of standard error.
   *
   * @param terminal standard error as it was, on which is drawn
   * @param drawing its lock is held by whoever draws, and while a line is printed
   * @param erase erases what is drawn; called before each line
   */
  public static GuardedErr install(PrintStream terminal, Object drawing, Runnable erase) {
    GuardedErr guard = new GuardedErr(terminal, drawing, erase);
    System.setErr(guard.guarded);
    return guard;
  }

  /** Puts standard error back, unless somebody else has replaced it meanwhile. */
  @Override
  public void close() {
    guarded.close();
    if (System.err == guarded) {
      System.setErr(terminal);
    }
  }

  /** Holds lines back until they are whole. */
  private static final class Guard extends OutputStream {
    private final PrintStream terminal;
    private final Object drawing;
    private final Runnable erase;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Guard(PrintStream terminal, Object drawing, Runnable erase) {
      this.terminal = terminal;
      this.drawing = drawing;
      this.erase = erase;
    }

    @Override
    public void write(int b) {
      line.write(b);
      if (b == '\n') {
        print();
      }
    }

    private void print() {
      synchronized (drawing) {
        erase.run();
        terminal.write(line.toByteArray(), 0, line.size());
        terminal.flush();
      }
      line.reset();
    }

    @Override
    public void close() {
      if (line.size() > 0) {
        print();
      }
    }
  }
}
