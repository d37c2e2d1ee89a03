//! Cart-pole: a cart on a track balances a pole by pushes to the left or right.
//!
//! Equations and constants of Barto, Sutton and Anderson (1983) as in Gymnasium's `CartPole-v1`: an episode ends when
//! the pole leans by more than 12°, the cart leaves the track, or after 500 steps; each step is worth 1.

/// Longest episode, and so the highest return.
pub const LONGEST: usize = 500;

const GRAVITY: f32 = 9.8;
const CART_MASS: f32 = 1.0;
const POLE_MASS: f32 = 0.1;
const TOTAL_MASS: f32 = CART_MASS + POLE_MASS;
/// Half of the pole's length, in metres.
const POLE_HALF: f32 = 0.5;
const FORCE: f32 = 10.0;
/// Seconds of a step.
const STEP: f32 = 0.02;
const WIDEST_ANGLE: f32 = 12.0 * std::f32::consts::PI / 180.0;
const TRACK_END: f32 = 2.4;

/// What the agent sees: position and speed of the cart, angle and angular speed of the pole.
pub type State = [f32; 4];

/// A cart with its pole.
pub struct CartPole {
    state: State,
    steps: usize,
}

impl CartPole {
    /// A new episode: every number of the state between −0.05 and 0.05.
    pub fn start(random: &mut Random) -> CartPole {
        CartPole { state: std::array::from_fn(|_| random.below_one() * 0.1 - 0.05), steps: 0 }
    }

    /// What the agent sees.
    pub fn state(&self) -> State {
        self.state
    }

    /// Pushes to the right, else to the left; whether the episode goes on.
    pub fn step(&mut self, right: bool) -> bool {
        let [position, speed, angle, turning] = self.state;
        let force = if right { FORCE } else { -FORCE };
        let (sine, cosine) = angle.sin_cos();
        let push = (force + POLE_MASS * POLE_HALF * turning * turning * sine) / TOTAL_MASS;
        let turn =
            (GRAVITY * sine - cosine * push) / (POLE_HALF * (4.0 / 3.0 - POLE_MASS * cosine * cosine / TOTAL_MASS));
        let acceleration = push - POLE_MASS * POLE_HALF * turn * cosine / TOTAL_MASS;
        self.state =
            [position + STEP * speed, speed + STEP * acceleration, angle + STEP * turning, turning + STEP * turn];
        self.steps += 1;
        self.state[0].abs() <= TRACK_END && self.state[2].abs() <= WIDEST_ANGLE && self.steps < LONGEST
    }
}

/// SplitMix64, of Steele, Lea and Flood (2014).
pub struct Random(pub u64);

impl Random {
    /// Uniform in [0, 1).
    pub fn below_one(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }
}
