/** Buttons below a report. */
/** A button: a command with its arguments. */
export type Action = {
  /** Key of the label in the catalogue. */
  label: ActionLabel;
  command: string;
  args: readonly string[];
  /** A name to set into the label: "Its logs", "archivebox ▸". */
  subject?: string;
  style?: 'primary' | 'danger';
};

export type ActionLabel =
  | 'status'
  | 'service'
  | 'pick'
  | 'logs'
  | 'its-logs'
  | 'errors'
  | 'last-hour'
  | 'as-file'
  | 'refresh'
  | 'restart'
  | 'start'
  | 'stop'
  | 'run-now'
  | 'pause'
  | 'resume'
  | 'show-plan'
  | 'updates'
  | 'check'
  | 'skip'
  | 'unskip'
  | 'remind-saturday'
  | 'remind-tomorrow'
  | 'remind-week'
  | 'take-out'
  | 'update'
  | 'update-all'
  | 'try-again'
  | 'roll-back'
  | 'roll-back-now'
  | 'try-roll-back'
  | 'try-way-back'
  | 'undo-restore'
  | 'cancel'
  | 'wait-more'
  | 'back-up'
  | 'all-backups'
  | 'drill'
  | 'restore'
  | 'accept'
  | 'stop-waiting'
  | 'details'
  | 'snooze'
  | 'wake'
  | 'ack'
  | 'mute'
  | 'unmute'
  | 'help';
