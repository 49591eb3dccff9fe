package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitTimerTest {
  private static List<String> steps(WaitTimer timer, long from, long to) {
    List<String> steps = new ArrayList<>();
    for (long now = from; now <= to; now++) {
      WaitTimer.Step step = timer.step(now, true);
      if (step != WaitTimer.Step.NOTHING) {
        steps.add(timer.waited(now) + " " + step);
      }
    }
    return steps;
  }

  @Test
  void reportsWithinHalfAMinuteThenAgainAndGivesUpAtTheLimit() {
    assertThat(steps(new WaitTimer(90), 1000, 1090))
        .containsExactly("20 SPEAK", "50 SPEAK", "80 SPEAK", "90 GIVE_UP");
    assertThat(steps(new WaitTimer(3), -5, -2)).containsExactly("3 GIVE_UP");
  }

  @Test
  void startsAgainAfterAWaitHasEnded() {
    WaitTimer timer = new WaitTimer(60);
    assertThat(steps(timer, 0, 50)).containsExactly("20 SPEAK", "50 SPEAK");
    assertThat(timer.step(51, false)).isEqualTo(WaitTimer.Step.NOTHING);
    assertThat(timer.waited(51)).isZero();
    assertThat(steps(timer, 52, 112)).containsExactly("20 SPEAK", "50 SPEAK", "60 GIVE_UP");
  }
}
