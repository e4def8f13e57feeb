import Activity from 'lucide-react/icons/activity'
import ArchiveRestore from 'lucide-react/icons/archive-restore'
import ArrowDownToLine from 'lucide-react/icons/arrow-down-to-line'
import ArrowLeft from 'lucide-react/icons/arrow-left'
import ArrowRight from 'lucide-react/icons/arrow-right'
import ArrowUp from 'lucide-react/icons/arrow-up'
import Bell from 'lucide-react/icons/bell'
import Braces from 'lucide-react/icons/braces'
import CalendarClock from 'lucide-react/icons/calendar-clock'
import Check from 'lucide-react/icons/check'
import ChevronDown from 'lucide-react/icons/chevron-down'
import ChevronLeft from 'lucide-react/icons/chevron-left'
import ChevronRight from 'lucide-react/icons/chevron-right'
import ChevronUp from 'lucide-react/icons/chevron-up'
import CircleHelp from 'lucide-react/icons/circle-help'
import Clock from 'lucide-react/icons/clock'
import Cloud from 'lucide-react/icons/cloud'
import Copy from 'lucide-react/icons/copy'
import Database from 'lucide-react/icons/database'
import Download from 'lucide-react/icons/download'
import Ellipsis from 'lucide-react/icons/ellipsis'
import ExternalLink from 'lucide-react/icons/external-link'
import Eye from 'lucide-react/icons/eye'
import EyeOff from 'lucide-react/icons/eye-off'
import File from 'lucide-react/icons/file'
import FileCheck2 from 'lucide-react/icons/file-check-2'
import FileDown from 'lucide-react/icons/file-down'
import FileSymlink from 'lucide-react/icons/file-symlink'
import Folder from 'lucide-react/icons/folder'
import FolderOpen from 'lucide-react/icons/folder-open'
import FolderPlus from 'lucide-react/icons/folder-plus'
import FolderSync from 'lucide-react/icons/folder-sync'
import Gauge from 'lucide-react/icons/gauge'
import HardDrive from 'lucide-react/icons/hard-drive'
import History from 'lucide-react/icons/history'
import Hourglass from 'lucide-react/icons/hourglass'
import House from 'lucide-react/icons/house'
import Info from 'lucide-react/icons/info'
import Keyboard from 'lucide-react/icons/keyboard'
import KeyRound from 'lucide-react/icons/key-round'
import Layers from 'lucide-react/icons/layers'
import Link from 'lucide-react/icons/link'
import List from 'lucide-react/icons/list'
import Lock from 'lucide-react/icons/lock'
import LockKeyhole from 'lucide-react/icons/lock-keyhole'
import LockOpen from 'lucide-react/icons/lock-open'
import LogOut from 'lucide-react/icons/log-out'
import Monitor from 'lucide-react/icons/monitor'
import Moon from 'lucide-react/icons/moon'
import Network from 'lucide-react/icons/network'
import Pause from 'lucide-react/icons/pause'
import Pencil from 'lucide-react/icons/pencil'
import Pin from 'lucide-react/icons/pin'
import PinOff from 'lucide-react/icons/pin-off'
import Play from 'lucide-react/icons/play'
import Plus from 'lucide-react/icons/plus'
import Printer from 'lucide-react/icons/printer'
import RefreshCw from 'lucide-react/icons/refresh-cw'
import RotateCcw from 'lucide-react/icons/rotate-ccw'
import Save from 'lucide-react/icons/save'
import Search from 'lucide-react/icons/search'
import Server from 'lucide-react/icons/server'
import Settings from 'lucide-react/icons/settings'
import ShieldCheck from 'lucide-react/icons/shield-check'
import SlidersHorizontal from 'lucide-react/icons/sliders-horizontal'
import Square from 'lucide-react/icons/square'
import Sun from 'lucide-react/icons/sun'
import Terminal from 'lucide-react/icons/terminal'
import Timer from 'lucide-react/icons/timer'
import Trash2 from 'lucide-react/icons/trash-2'
import Undo2 from 'lucide-react/icons/undo-2'
import Unplug from 'lucide-react/icons/unplug'
import Upload from 'lucide-react/icons/upload'
import Usb from 'lucide-react/icons/usb'
import X from 'lucide-react/icons/x'
import { Brand } from './brand.tsx'

/** The icons in use, each imported for itself so that no other comes along. */
export const icons = {
  drydock: Brand,
  activity: Activity,
  'archive-restore': ArchiveRestore,
  'arrow-down-to-line': ArrowDownToLine,
  'arrow-left': ArrowLeft,
  'arrow-right': ArrowRight,
  'arrow-up': ArrowUp,
  bell: Bell,
  braces: Braces,
  'calendar-clock': CalendarClock,
  check: Check,
  'chevron-down': ChevronDown,
  'chevron-left': ChevronLeft,
  'chevron-right': ChevronRight,
  'chevron-up': ChevronUp,
  'circle-help': CircleHelp,
  clock: Clock,
  cloud: Cloud,
  copy: Copy,
  database: Database,
  download: Download,
  ellipsis: Ellipsis,
  'external-link': ExternalLink,
  eye: Eye,
  'eye-off': EyeOff,
  file: File,
  'file-check-2': FileCheck2,
  'file-down': FileDown,
  'file-symlink': FileSymlink,
  folder: Folder,
  'folder-open': FolderOpen,
  'folder-plus': FolderPlus,
  'folder-sync': FolderSync,
  gauge: Gauge,
  'hard-drive': HardDrive,
  history: History,
  hourglass: Hourglass,
  house: House,
  info: Info,
  keyboard: Keyboard,
  'key-round': KeyRound,
  layers: Layers,
  link: Link,
  list: List,
  lock: Lock,
  'lock-keyhole': LockKeyhole,
  'lock-open': LockOpen,
  'log-out': LogOut,
  monitor: Monitor,
  moon: Moon,
  network: Network,
  pause: Pause,
  pencil: Pencil,
  pin: Pin,
  'pin-off': PinOff,
  play: Play,
  plus: Plus,
  printer: Printer,
  'refresh-cw': RefreshCw,
  'rotate-ccw': RotateCcw,
  save: Save,
  search: Search,
  server: Server,
  settings: Settings,
  'shield-check': ShieldCheck,
  'sliders-horizontal': SlidersHorizontal,
  square: Square,
  sun: Sun,
  terminal: Terminal,
  timer: Timer,
  'trash-2': Trash2,
  'undo-2': Undo2,
  unplug: Unplug,
  upload: Upload,
  usb: Usb,
  x: X,
} as const

export type IconName = keyof typeof icons
