/** Amounts of Korean, and the full stop of a sentence that somebody else wrote. */
import { exactly, roughly } from './amounts.ts';

/** "1분 59초", "48초", "2시간 5분". */
export const duration = (ms: number): string => {
  const { hours, minutes, seconds } = exactly(ms);
  if (hours > 0) return minutes === 0 ? `${hours}시간` : `${hours}시간 ${minutes}분`;
  if (minutes > 0) return seconds === 0 ? `${minutes}분` : `${minutes}분 ${seconds}초`;
  return `${seconds}초`;
};

/** "12분", "9일". */
export const about = (ms: number): string => {
  const { amount, unit } = roughly(ms);
  return `${amount}${{ second: '초', minute: '분', hour: '시간', day: '일' }[unit]}`;
};

/** "12분 전". */
export const ago = (ms: number): string => `${about(ms)} 전`;

/** "8,213". */
export const number = (amount: number): string => amount.toLocaleString('ko');

/** "server", "server 및 ml", "server, ml 외 2개" */
export const listed = (names: readonly string[], most = 3): string => {
  if (names.length > most) return `${names.slice(0, most - 1).join(', ')} 외 ${names.length - most + 1}개`;
  const [last = ''] = names.slice(-1);
  return names.length <= 1 ? last : `${names.slice(0, -1).join(', ')} 및 ${last}`;
};

const WEEKDAYS = ['일', '월', '화', '수', '목', '금', '토'];

/** "일요일" of 0. */
export const weekday = (day: number): string => `${WEEKDAYS[day] ?? ''}요일`;

/**
 * "11월 20일(금)", with the year where it is another one than today's.
 * @param day `2026-11-20`
 */
export function date(day: string, today: string): string {
  const [year = '', month, dayOfMonth] = day.split('-');
  const name = WEEKDAYS[new Date(`${day}T00:00Z`).getUTCDay()] ?? '';
  return `${today.startsWith(year) ? '' : `${year}년 `}${Number(month)}월 ${Number(dayOfMonth)}일(${name})`;
}

/** Without its full stop, so that the sentence around it can set its own. */
export const bare = (text: string): string => text.replace(/[.\s]+$/, '');

/** `local` is the machine that Steward runs on. */
export const hostNamed = (name: string): string => (name === 'local' ? '이 호스트' : `호스트 ${name}`);

/** What each job does, by its name. */
export const jobNames: Record<string, string> = {
  tidy: '저장소 정리',
  'daily-report': '현재 상태 보고',
  sample: '보고용 수치 기록',
  'check-versions': '새 버전 확인',
  'tell-releases': '새 릴리스 알림',
  'remind-releases': '릴리스 다시 알림',
  'update-services': '자동 업데이트',
  'check-again': '실패한 버전 확인 다시 시도',
  'check-way-back': '되돌리기용 이미지 확인',
  'take-up-updates': '끊긴 업데이트 마무리',
  'watch-deploys': '배포 결과 판정',
  'smoke-test': '서비스가 의존하는 모든 것 점검',
  'look-at-host': '디스크, 메모리, 마운트, 연결 점검',
  'clean-album': '앨범 정리',
  'back-up': '백업',
  'back-up-again': '늦었거나 실패한 백업 보충',
  'take-up-backups': '백업하느라 정지된 서비스 다시 시작',
  drill: '모의 복원',
  'send-off-site': '검증된 백업을 외부 보관소로 전송',
  'check-off-site': '외부 보관소 점검',
  prune: '이미지 정리',
  'file-pictures': '대기 중인 사진 저장',
  'stop-loop': '메모리 부족으로 반복 종료되는 서비스 정지',
  'tell-alerts': '경보 반복과 미뤄 둔 알림 전달',
};
